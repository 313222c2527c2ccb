package store

import (
	"fmt"
	"strings"

	"github.com/pengikut/pengikut/influencer"
)

// importPlan decides, row by row and in memory, what one chunk of a roster
// changes. It starts from what the database holds of the people and accounts
// that the chunk names, so that writing is a few statements over sets.
type importPlan struct {
	people   map[influencer.NIP]*importPerson
	accounts map[accountKey]*importAccount // by platform and handle as registered
	renamed  map[accountKey]*importAccount // by platform and handle of today, where another
	pinned   map[accountKey]*importAccount // by platform and external id

	named       []*importPerson // by rows that were taken, in their order
	newAccounts []*importAccount
	changed     []*importAccount

	unchanged int // account rows that change nothing
	problems  []influencer.RosterProblem
}

type accountKey struct {
	platform influencer.Platform
	text     string
}

type importPerson struct {
	ID  int64 // 0 while not in the database
	NIP influencer.NIP
	personFields
	was     personFields // in the database
	named   bool         // by a row of this chunk that was taken
	earlier bool         // by a row of an earlier chunk
	added   bool         // to the database, by this chunk
}

type personFields struct{ Name, Agency, Unit string }

func (p *importPerson) fresh() bool   { return p.ID == 0 }
func (p *importPerson) changed() bool { return !p.fresh() && !p.added && p.personFields != p.was }

type importAccount struct {
	ID         int64
	PersonID   int64
	Platform   influencer.Platform
	HandleKey  string
	Handle     string
	ExternalID string
	State      influencer.AccountState

	wasHandle, wasID string        // in the database
	owner            *importPerson // of a new account
	touched          bool
}

func newImportPlan() *importPlan {
	return &importPlan{
		people:   map[influencer.NIP]*importPerson{},
		accounts: map[accountKey]*importAccount{},
		renamed:  map[accountKey]*importAccount{},
		pinned:   map[accountKey]*importAccount{},
	}
}

// know files an account that exists.
func (p *importPlan) know(a *importAccount) {
	p.accounts[accountKey{a.Platform, a.HandleKey}] = a
	if now := foldHandle(a.Handle); now != a.HandleKey {
		p.renamed[accountKey{a.Platform, now}] = a
	}
	if a.ExternalID != "" {
		p.pinned[accountKey{a.Platform, a.ExternalID}] = a
	}
}

// foldHandle is the form in which handles compare.
func foldHandle(handle string) string { return strings.ToLower(handle) }

// take plans one row, or notes why it is left out.
func (p *importPlan) take(row influencer.Row) {
	person := p.people[row.NIP]
	if person == nil {
		person = &importPerson{NIP: row.NIP}
	}
	account, problem := p.match(person, row)
	if problem == "" && account != nil {
		problem = p.settle(account, row)
	}
	if problem != "" {
		p.problem(row, problem)
		return
	}
	if account == nil {
		p.add(person, row)
	}
	p.name(person, row)
}

func (p *importPlan) problem(row influencer.Row, text string) {
	p.problems = append(p.problems, influencer.RosterProblem{Line: row.Line, Text: text})
}

// match finds the account that a row means: the one registered under the handle,
// else the one that the platform's id names, else the person's own that goes by
// the handle today. It returns nil for a new one.
func (p *importPlan) match(person *importPerson, row influencer.Row) (*importAccount, string) {
	key := accountKey{row.Platform, foldHandle(row.Handle)}
	byHandle := p.accounts[key]
	if byHandle == nil {
		byHandle = p.renamed[key]
	}
	byID := p.pinned[accountKey{row.Platform, row.ExternalID}]
	switch {
	case byHandle != nil && !byHandle.belongsTo(person):
		return nil, fmt.Sprintf("%s handle %q is registered to another person", row.Platform, row.Handle)
	case byID != nil && !byID.belongsTo(person):
		return nil, fmt.Sprintf("%s id %q is that of another person's account %q", row.Platform, row.ExternalID, byID.Handle)
	case byHandle != nil && byID != nil && byHandle != byID:
		return nil, fmt.Sprintf("%s handle %q and id %q are two different accounts of this person", row.Platform, row.Handle, row.ExternalID)
	case byHandle != nil:
		return byHandle, ""
	default:
		return byID, ""
	}
}

func (a *importAccount) belongsTo(person *importPerson) bool {
	return a.owner == person || (a.owner == nil && a.PersonID == person.ID)
}

// settle brings a known account in line with the row. An empty external id says
// nothing. The platform knows an account's handle of today better than a roster
// does, unless reading it fails.
func (p *importPlan) settle(a *importAccount, row influencer.Row) string {
	if row.ExternalID != "" && a.ExternalID != "" && row.ExternalID != a.ExternalID {
		return fmt.Sprintf("%s handle %q has id %q here, not %q", row.Platform, row.Handle, a.ExternalID, row.ExternalID)
	}
	pins := row.ExternalID != "" && a.ExternalID == ""
	folded := foldHandle(row.Handle)
	moves := folded != a.HandleKey && folded != foldHandle(a.Handle) && a.State != influencer.StateOK
	if !pins && !moves {
		p.unchanged++
		return ""
	}
	if pins {
		a.ExternalID = row.ExternalID
	}
	if moves {
		a.Handle = row.Handle
	}
	p.know(a)
	if a.owner == nil && !a.touched { // a new one is written whole anyway
		a.touched = true
		p.changed = append(p.changed, a)
	}
	return ""
}

func (p *importPlan) add(person *importPerson, row influencer.Row) {
	a := &importAccount{
		PersonID: person.ID, Platform: row.Platform, HandleKey: foldHandle(row.Handle),
		Handle: row.Handle, ExternalID: row.ExternalID, State: influencer.StatePending, owner: person,
	}
	p.newAccounts = append(p.newAccounts, a)
	p.know(a)
}

// name gives a person the row's fields; an empty one says nothing. The last row
// wins, and rows of one roster that contradict each other are reported.
func (p *importPlan) name(person *importPerson, row influencer.Row) {
	p.people[row.NIP] = person
	var differs []string
	for _, f := range []struct {
		what     string
		old, new *string
	}{{"name", &person.Name, &row.Name}, {"agency", &person.Agency, &row.Agency}, {"unit", &person.Unit, &row.Unit}} {
		if *f.new != "" && *f.new != *f.old {
			if *f.old != "" {
				differs = append(differs, f.what)
			}
			*f.old = *f.new
		}
	}
	if len(differs) > 0 && (person.named || person.earlier) {
		p.problem(row, strings.Join(differs, " and ")+" of this person differ from an earlier line; the later one was taken")
	}
	if !person.named {
		p.named = append(p.named, person)
	}
	person.named = true
}

// counts tells what the plan changes.
func (p *importPlan) counts() influencer.ImportReport {
	r := influencer.ImportReport{AccountsAdded: len(p.newAccounts), AccountsUpdated: len(p.changed), AccountsUnchanged: p.unchanged}
	for _, person := range p.named {
		switch {
		case person.added:
			r.PeopleAdded++
		case person.changed():
			r.PeopleUpdated++
		case !person.earlier:
			r.PeopleUnchanged++
		}
	}
	return r
}
