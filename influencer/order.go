package influencer

import (
	"errors"
	"fmt"
	"time"
)

// Order is an act on one person, as somebody ordered it. The person is named by
// the id or, where that is 0, by the NIP.
type Order struct {
	Line     int // in the file that it comes from, 0 elsewhere
	PersonID int64
	NIP      NIP
	Action
	Note string // the reason, in the words of who orders

	// Where to, of [ActionMove]; an empty one stays as it is. An agency of which
	// nobody is registered is more often a typing error than new: that must be said.
	Agency, Unit string
	NewAgency    bool
}

// Check tells whether the order is whole in itself, whoever it is for. The error
// is [ErrIllegalAct].
func (o Order) Check(now time.Time) error {
	if err := o.Action.Check(now); err != nil {
		return err
	}
	moves := o.Kind == ActionMove
	switch {
	case o.Note == "" && !moves && o.Kind != ActionLeave:
		return fmt.Errorf("%w: %s needs a reason", ErrIllegalAct, o.Kind)
	case moves && o.Agency == "" && o.Unit == "":
		return fmt.Errorf("%w: move needs the agency, or the unit, to move to", ErrIllegalAct)
	case !moves && o.Agency+o.Unit != "":
		return fmt.Errorf("%w: %s takes no agency and no unit", ErrIllegalAct, o.Kind)
	}
	return errors.Join(checkWords("reason", o.Note), checkName("agency", o.Agency), checkName("unit", o.Unit))
}

// checkName is [checkField] for what a roster has too.
func checkName(what, text string) error {
	if err := checkField(text); err != nil {
		return fmt.Errorf("%w: the %s %w", ErrIllegalAct, what, err)
	}
	if text != clean(text) {
		return fmt.Errorf("%w: the %s has too many spaces", ErrIllegalAct, what)
	}
	return nil
}

// Orderer is who orders acts.
type Orderer struct {
	Actor  string // as in [AuditEntry]
	Agency string // the only one whose people are found; "" for all
}

// ActOutcome is a closed list of what becomes of an order.
type ActOutcome string

// The outcomes.
const (
	ActDone      ActOutcome = "done"       // or would be, in a dry run
	ActNotFound  ActOutcome = "not_found"  // nobody of that NIP or id, or not of the orderer's agency
	ActIllegal   ActOutcome = "illegal"    // the person's status does not allow it, or the order is not whole
	ActDuplicate ActOutcome = "duplicate"  // an order before it names the same person
	ActUnread    ActOutcome = "unreadable" // the row of the file is no order
)

// ActResult is what became of one order.
type ActResult struct {
	Order   Order
	Outcome ActOutcome
	Problem string // why it was not done, "" when it was
	Person  Person // as the order left it; zero when not found
	From    Status // where the person stood before
	Moves   []Move // the act's, and what the rule decided at once after it; none for a move to another agency
}

// Err is why the order was not done, nil when it was: [ErrNotFound] or
// [ErrIllegalAct].
func (r ActResult) Err() error {
	switch r.Outcome {
	case ActDone:
		return nil
	case ActNotFound:
		return ErrNotFound
	}
	return fmt.Errorf("%w: %s", ErrIllegalAct, r.Problem)
}

// SamePerson says of an order that one before it, on this line, names the person too.
func SamePerson(line int) string {
	if line == 0 {
		return "an order before it concerns the same person"
	}
	return fmt.Sprintf("line %d concerns the same person, and was taken", line)
}

// Affiliation is a time that a person spent with an agency.
type Affiliation struct {
	Agency string
	Unit   string
	From   time.Time
	Until  time.Time // zero for the one of today
}
