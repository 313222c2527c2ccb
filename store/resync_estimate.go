package store

import (
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// estimate says what an order would read as things stand.
func (s *Store) estimate(tx *gorm.DB, o influencer.ResyncOrder) (influencer.ResyncEstimate, error) {
	if o.Empty() {
		return influencer.ResyncEstimate{}, influencer.ErrResyncEmpty
	}
	if err := checkPeople(tx, o); err != nil {
		return influencer.ResyncEstimate{}, err
	}
	costs, err := s.costs(tx, o)
	if err != nil {
		return influencer.ResyncEstimate{}, fmt.Errorf("cost: %w", err)
	}
	out := influencer.ResyncEstimate{Platforms: costs}
	for i, c := range costs {
		out.Accounts, out.Reads = out.Accounts+c.Accounts, out.Reads+c.Reads
		if costs[i].CapLeft, err = s.capLeft(tx, c.Platform); err != nil {
			return influencer.ResyncEstimate{}, err
		}
	}
	if out.Accounts == 0 {
		return influencer.ResyncEstimate{}, influencer.ErrResyncNobody
	}
	return out, nil
}

// costs counts what would be read. Accounts that the platform does not hand out
// cost nothing, see [Store.Forecast], and neither do those that it bills once a
// day and that were read today, or that another resync has read in any case.
func (s *Store) costs(tx *gorm.DB, o influencer.ResyncOrder) ([]influencer.ResyncCost, error) {
	from, args := meantSQL(tx, o)
	from = strings.Replace(from, " WHERE ", " JOIN accounts a ON a.id = s.account_id WHERE ", 1)
	today := influencer.DayOf(s.now()).UnixMicro()
	var out []influencer.ResyncCost
	err := each(tx, `SELECT s.platform, a.state IN ('pending', 'ok', 'private') AS handed_out, coalesce(a.synced_at >= ?, false) AS today,
			EXISTS (SELECT 1 FROM resync_members m WHERE m.account_id = s.account_id AND `+stillWaits("m")+`
				AND m.resync_id IN (SELECT id FROM resyncs WHERE ended_at IS NULL)) AS joined, count(*)
		`+from+` GROUP BY 1, 2, 3, 4 ORDER BY 1`, append([]any{today}, args...), func(c *cursor) {
		p, handedOut, today, joined, n := influencer.Platform(c.text()), c.flag(), c.flag(), c.flag(), c.int()
		if len(out) == 0 || out[len(out)-1].Platform != p {
			out = append(out, influencer.ResyncCost{Platform: p})
		}
		cost := &out[len(out)-1]
		cost.Accounts += n
		switch {
		case joined:
			cost.Joined += n
		case handedOut && !(today && s.opts.Billing[p].OncePerDay):
			cost.Reads += n
		}
	})
	return out, err
}

// capLeft is what the month's cap still lets through; nil is no cap.
func (s *Store) capLeft(tx *gorm.DB, p influencer.Platform) (*int64, error) {
	limit := s.opts.Billing[p].MonthlyReads
	if limit == nil {
		return nil, nil
	}
	n, err := used(tx, p, s.now())
	left := max(*limit-n, 0)
	return &left, err
}

// checkPeople says which of the people named are not registered, or do not exist
// for the actor.
func checkPeople(tx *gorm.DB, o influencer.ResyncOrder) error {
	if len(o.NIPs) == 0 {
		return nil
	}
	where, args := "nip ?", []any{anyOf(tx, nipTexts(o.NIPs))}
	if o.Scope != "" {
		where, args = where+" AND agency = ?", append(args, o.Scope)
	}
	var known []string
	if err := tx.Raw("SELECT nip FROM people WHERE "+where, args...).Scan(&known).Error; err != nil {
		return fmt.Errorf("people: %w", err)
	}
	slices.Sort(known)
	var unknown influencer.UnknownPeopleError
	for i, nip := range o.NIPs {
		if _, ok := slices.BinarySearch(known, string(nip)); !ok {
			unknown.Places = append(unknown.Places, i)
		}
	}
	if len(unknown.Places) > 0 {
		return &unknown
	}
	return nil
}
