package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// analyzeFrom is from how many members on Postgres is told at once how its tables
// have grown: its own look at them may be a minute away.
const analyzeFrom = 10_000

// EstimateResync says what an order would read, and orders nothing. The errors
// are those of [Store.OrderResync].
func (s *Store) EstimateResync(ctx context.Context, o influencer.ResyncOrder) (influencer.ResyncEstimate, error) {
	tx := s.db.WithContext(ctx)
	out, err := s.estimate(tx, o)
	if err == nil {
		out.SameAs, err = sameResync(tx, o)
	}
	if err != nil {
		return influencer.ResyncEstimate{}, fmt.Errorf("store: estimate resync: %w", err)
	}
	return out, nil
}

// OrderResync orders that accounts be read now and returns the resync, or the one
// under way of the very same order, with fresh false. The error may be
// [influencer.ErrResyncEmpty], [influencer.ErrResyncNobody] or an
// [*influencer.UnknownPeopleError].
func (s *Store) OrderResync(ctx context.Context, o influencer.ResyncOrder) (r influencer.Resync, fresh bool, err error) {
	var id int64
	var total int64
	err = s.write(ctx, func(tx *gorm.DB) error {
		if err := lockResyncs(tx); err != nil {
			return err
		}
		var err error
		if err := outside(o); err != nil {
			return err
		}
		if id, err = sameResync(tx, o); err != nil || id != 0 {
			fresh = false
			return err
		}
		fresh = true
		id, total, err = s.order(tx, o)
		return err
	})
	if err == nil && total >= analyzeFrom && s.writing == nil {
		err = s.db.WithContext(ctx).Exec("ANALYZE resync_members").Error
	}
	if err != nil {
		return influencer.Resync{}, false, fmt.Errorf("store: order resync: %w", err)
	}
	r, err = s.Resync(ctx, id, "")
	return r, fresh, err
}

// outside refuses an order for another agency than the actor's own.
func outside(o influencer.ResyncOrder) error {
	if o.Scope != "" && o.Agency != "" && o.Agency != o.Scope {
		return influencer.ErrResyncNobody
	}
	return nil
}

// lockResyncs lets one order at a time look whether there is one like it.
func lockResyncs(tx *gorm.DB) error {
	return lockNamed(tx, "resync")
}

// order writes a resync with its members.
func (s *Store) order(tx *gorm.DB, o influencer.ResyncOrder) (id, total int64, err error) {
	sum, err := s.estimate(tx, o)
	if err != nil {
		return 0, 0, err
	}
	now, w := s.now(), wantedBy(o)
	_, err = scanOne(tx.Raw(`INSERT INTO resyncs (actor, platforms, people, agency, everybody, same_as, created_at, reads)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`, o.Actor, joined(w.Platforms), w.People, w.Agency, w.All, sameAs(o), now.UnixMicro(), sum.Reads), &id)
	if err != nil {
		return 0, 0, err
	}
	from, args := meantSQL(tx, o)
	added := tx.Exec(`INSERT INTO resync_members (account_id, resync_id, platform, next_at)
		SELECT s.account_id, CAST(? AS bigint), s.platform, CAST(? AS bigint) `+from, append([]any{id, now.UnixMicro()}, args...)...)
	if added.Error != nil {
		return 0, 0, fmt.Errorf("members: %w", added.Error)
	}
	err = tx.Exec(`INSERT INTO resync_counts (resync_id, platform, shard, total)
		SELECT resync_id, platform, 0, count(*) FROM resync_members WHERE resync_id = ? AND state = 'waiting' GROUP BY resync_id, platform`, id).Error
	if err == nil {
		err = tx.Exec(`UPDATE resyncs SET total = ? WHERE id = ?`, added.RowsAffected, id).Error
	}
	if err == nil {
		c := changes{tx: tx}
		c.audit(orderEntry(o.Actor, "resync.order", id, w, now, added.RowsAffected, sum.Reads))
		err = c.run()
	}
	return id, added.RowsAffected, err
}

// orderEntry is what the audit log keeps of an act on a resync.
func orderEntry(actor, action string, id int64, w influencer.ResyncSelection, at time.Time, total, reads int64) influencer.AuditEntry {
	after, err := json.Marshal(struct {
		Platforms []influencer.Platform `json:"platforms"`
		People    int                   `json:"people"`
		All       bool                  `json:"all"`
		Accounts  int64                 `json:"accounts"`
		Reads     int64                 `json:"reads"`
	}{w.Platforms, w.People, w.All, total, reads})
	if err != nil { // names and numbers always marshal
		panic(err)
	}
	return influencer.AuditEntry{At: at, Actor: actor, Action: action, Target: fmt.Sprintf("resync:%d", id), Agency: w.Agency, After: after}
}

// wantedBy is what a resync keeps of an order.
func wantedBy(o influencer.ResyncOrder) influencer.ResyncSelection {
	w := influencer.ResyncSelection{Platforms: slices.Clone(o.Platforms), People: len(distinct(o.NIPs)), Agency: o.Agency, All: o.All}
	if o.Scope != "" {
		w.Agency = o.Scope
	}
	w.Platforms = distinct(w.Platforms)
	return w
}

// distinct sorts values and drops repetitions.
func distinct[T ~string](list []T) []T { return slices.Compact(slices.Sorted(slices.Values(list))) }

func joined(list []influencer.Platform) string {
	return strings.Join(pick(list, func(p *influencer.Platform) string { return string(*p) }), ",")
}

// sameAs is alike for orders that mean the same.
func sameAs(o influencer.ResyncOrder) string {
	w := wantedBy(o)
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %v", w.Platforms, distinct(o.NIPs), w.Agency, w.All))
	return hex.EncodeToString(sum[:])
}

// sameResync is the resync under way of this very order, 0 when there is none.
func sameResync(tx *gorm.DB, o influencer.ResyncOrder) (id int64, err error) {
	_, err = scanOne(tx.Raw(`SELECT id FROM resyncs WHERE ended_at IS NULL AND same_as = ? LIMIT 1`, sameAs(o)), &id)
	return id, err
}

// meantSQL is the FROM and the WHERE of the accounts that an order means. Who is
// not read any more has no schedule.
func meantSQL(tx *gorm.DB, o influencer.ResyncOrder) (string, []any) {
	from, where, args := "FROM schedule s", []string{"true"}, []any{}
	only := func(condition string, arg any) { where, args = append(where, condition), append(args, arg) }
	if len(o.Platforms) > 0 {
		only("s.platform ?", anyOf(tx, pick(o.Platforms, func(p *influencer.Platform) string { return string(*p) })))
	}
	if len(o.NIPs) > 0 || o.Agency != "" || o.Scope != "" {
		from += " JOIN accounts o ON o.id = s.account_id JOIN people p ON p.id = o.person_id"
	}
	if len(o.NIPs) > 0 {
		only("p.nip ?", anyOf(tx, nipTexts(o.NIPs)))
	}
	for _, agency := range []string{o.Agency, o.Scope} {
		if agency != "" {
			only("p.agency = ?", agency)
		}
	}
	return from + " WHERE " + strings.Join(where, " AND "), args
}

func nipTexts(nips []influencer.NIP) []string {
	return pick(nips, func(n *influencer.NIP) string { return string(*n) })
}
