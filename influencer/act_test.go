package influencer

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// TestActRefuses tries every act on every status, and wants exactly the rows of
// the table to be possible.
func TestActRefuses(t *testing.T) {
	t.Parallel()
	allowed := map[ActionKind][]Status{
		ActionSuspend:   {StatusNone, StatusPending, StatusActive, StatusGrace, StatusSuspended, StatusRevoked},
		ActionReinstate: {StatusSuspended},
		ActionBlock:     {StatusNone, StatusPending, StatusActive, StatusGrace, StatusSuspended, StatusRevoked},
		ActionUnblock:   {StatusBlocked},
		ActionApprove:   {StatusPending},
		ActionUnapprove: {StatusActive, StatusGrace},
		ActionLeave:     Statuses(),
		ActionRejoin:    nil, // only who has left
		ActionMove:      nil, // moves no status
		"":              nil,
		"promote":       nil,
	}
	for kind, statuses := range allowed {
		for _, status := range Statuses() {
			s := Standing{Status: status, Since: at}
			a := whole(kind)
			m, after, err := Act(Evidence{Standing: s, Act: &a}, at)
			if want := slices.Contains(statuses, status); (err == nil) != want {
				t.Errorf("%q on %s: %v", kind, status, err)
			}
			if err != nil && (!errors.Is(err, ErrIllegalAct) || after != s || m != Move{}) {
				t.Errorf("%q on %s: %v, %v, %v", kind, status, m, after, err)
			}
		}
	}
}

// whole is an act of that kind with all that it needs.
func whole(kind ActionKind) Action {
	switch kind {
	case ActionBlock:
		return Action{Kind: kind, Basis: "PP 94/2021", Decree: "SK-1/2026"}
	case ActionLeave:
		return Action{Kind: kind, Why: LeftRetired}
	}
	return Action{Kind: kind}
}

// TestActNeeds: each act has what its kind needs, and nothing else.
func TestActNeeds(t *testing.T) {
	t.Parallel()
	active := Standing{Status: StatusActive, Since: at, FirstGrantedAt: at}
	for want, a := range map[string]*Action{
		"not possible: the order of the act is not kept":                                nil,
		"not possible: the end of a suspension must lie in the future":                  {Kind: ActionSuspend, Until: at},
		"not possible: block takes no end date":                                         {Kind: ActionBlock, Until: at.Add(time.Hour), Basis: "b", Decree: "d"},
		"not possible: a block needs its legal basis":                                   {Kind: ActionBlock, Decree: "d"},
		"not possible: a block needs the number of its decree":                          {Kind: ActionBlock, Basis: "b"},
		"not possible: leave needs why: retired, moved, deceased, dismissed, ended":     {Kind: ActionLeave, Why: "bored"},
		"not possible: suspend takes no way of leaving":                                 {Kind: ActionSuspend, Why: LeftRetired},
		"not possible: the decree holds a control character":                            {Kind: ActionSuspend, Decree: "SK\n1"},
		"not possible: the legal basis names a NIP, and is kept for ever: leave it out": {Kind: ActionSuspend, Basis: "of 19900101 201501 1 001"},
		"not possible: move a person who is active":                                     {Kind: ActionMove},
		"not possible: rejoin a person who has not left the service":                    {Kind: ActionRejoin},
	} {
		if _, after, err := Act(Evidence{Standing: active, Act: a}, at); !errors.Is(err, ErrIllegalAct) || err.Error() != want || after != active {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	left := Standing{Status: StatusRevoked, Left: LeftRetired, LeftAt: at}
	pending := Standing{Status: StatusPending}
	for want, e := range map[string]Evidence{
		"not possible: suspend a person who has left the service":                        {Standing: left, Act: &Action{Kind: ActionSuspend}},
		"not possible: the person has left already: retired":                             {Standing: left, Act: &Action{Kind: ActionLeave, Why: LeftRetired}},
		"not possible: approve while new grants are frozen, until 23 Nov 2026 13:00 WIB": {Standing: pending, FrozenUntil: at.Add(time.Hour), Act: &Action{Kind: ActionApprove}},
	} {
		if _, _, err := Act(e, at); !errors.Is(err, ErrIllegalAct) || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if _, _, err := Act(Evidence{Standing: pending, FrozenUntil: at, Act: &Action{Kind: ActionApprove}}, at); err != nil {
		t.Errorf("approved in the moment in which the freeze ends: %v", err)
	}
}

// TestLeaveAgain corrects why somebody left, and not since when.
func TestLeaveAgain(t *testing.T) {
	t.Parallel()
	left := Standing{Status: StatusRevoked, Since: at.Add(-2 * day), Reason: ReasonBelowLine, FirstGrantedAt: at.Add(-9 * day), Left: LeftRetired, LeftAt: at.Add(-day)}
	_, after, err := Act(Evidence{Standing: left, Act: &Action{Kind: ActionLeave, Why: LeftDeceased}}, at)
	want := left
	want.Left = LeftDeceased
	if err != nil || after != want {
		t.Errorf("%+v, %v", after, err)
	}
}

// TestLossAndEvent: what the breaker counts, and what the outbox says.
func TestLossAndEvent(t *testing.T) {
	t.Parallel()
	for m, want := range map[Move]struct {
		loss  bool
		event Event
	}{
		{StatusActive, StatusRevoked, ReasonBelowLine}:          {true, EventRevoked},
		{StatusGrace, StatusRevoked, ReasonInactive}:            {true, EventRevoked},
		{StatusSuspended, StatusRevoked, ReasonBelowLine}:       {true, EventRevoked},
		{StatusPending, StatusRevoked, ReasonBelowLine}:         {false, EventWithdrawn},
		{StatusActive, StatusGrace, ReasonBelowLine}:            {false, EventGraceStarted},
		{StatusRevoked, StatusActive, ReasonReturned}:           {false, EventGranted},
		{StatusSuspended, StatusActive, ReasonReinstated}:       {false, EventReinstated},
		{StatusSuspended, StatusRevoked, ReasonSuspensionOver}:  {false, EventSuspensionEnded},
		{StatusBlocked, StatusActive, ReasonUnblocked}:          {false, EventUnblocked},
		{StatusActive, StatusRevoked, ReasonReturned}:           {false, ""},
		{StatusBlocked, StatusRevoked, ReasonBelowLine}:         {false, ""},
		{StatusNone, StatusPending, ReasonAwaitsApproval}:       {false, EventAwaitingApproval},
		{StatusSuspended, StatusPending, ReasonAwaitsApproval}:  {false, EventAwaitingApproval},
		{StatusSuspended, StatusSuspended, ReasonSuspended}:     {false, EventSuspended},
		{StatusGrace, StatusActive, ReasonRecovered}:            {false, EventRecovered},
		{StatusPending, StatusActive, ReasonApproved}:           {false, EventGranted},
		{StatusSuspended, StatusBlocked, ReasonBlocked}:         {false, EventBlocked},
		{StatusActive, StatusRevoked, Reason("no such reason")}: {false, ""},
		{StatusActive, StatusRevoked, ReasonLeft}:               {false, EventRevoked},
		{StatusSuspended, StatusRevoked, ReasonLeft}:            {false, EventRevoked},
		{StatusPending, StatusRevoked, ReasonLeft}:              {false, EventLeft},
		{StatusSuspended, StatusNone, ReasonLeft}:               {false, EventLeft},
		{StatusBlocked, StatusBlocked, ReasonLeft}:              {false, EventLeft},
		{StatusRevoked, StatusRevoked, ReasonRejoined}:          {false, EventRejoined},
		{StatusBlocked, StatusNone, ReasonLeft}:                 {false, ""},
		{StatusGrace, StatusPending, ReasonUnapproved}:          {false, EventUnapproved},
		{StatusPending, StatusNone, ReasonInactive}:             {false, EventWithdrawn},
	} {
		if m.Loss() != want.loss || m.Event() != want.event {
			t.Errorf("%v: loss %v, event %q", m, m.Loss(), m.Event())
		}
	}
}

// TestConditionString: the table reads as sentences in the documentation.
func TestConditionString(t *testing.T) {
	t.Parallel()
	for _, row := range Moves() {
		if row.Action == "" && row.When.String() == "" {
			t.Errorf("row %q: action %q, condition %q", row.Name, row.Action, row.When)
		}
	}
	if got := (FailsLine | WithGrace).String(); got != "requirements not met, grace above 0" {
		t.Error(got)
	}
}

// TestNeedsHistory: asked only where an older reading could change the answer.
func TestNeedsHistory(t *testing.T) {
	t.Parallel()
	held := Standing{Status: StatusActive}
	account := func(id int64, p Platform, readings ...Reading) AccountEvidence {
		return AccountEvidence{AccountID: id, Platform: p, State: StateOK, Readings: readings}
	}
	confirmed := *row(400, time.Hour, false)
	confirmed.ObservedAt, confirmed.Reads = at.Add(-3*time.Hour), 2
	one := DefaultPolicy()
	one.Confirm = 1
	for name, c := range map[string]struct {
		p    Policy
		e    Evidence
		want []int64
	}{
		"below, one read":    {DefaultPolicy(), Evidence{Standing: held, Accounts: []AccountEvidence{account(1, X, *row(400, 0, false)), account(2, Instagram, *row(9, 0, false))}}, []int64{1, 2}},
		"under a suspension": {DefaultPolicy(), Evidence{Standing: Standing{Status: StatusSuspended, HeldBefore: StatusGrace}, Accounts: []AccountEvidence{account(1, X, *row(400, 0, false))}}, []int64{1}},
		"above":              {DefaultPolicy(), Evidence{Standing: held, Accounts: []AccountEvidence{account(1, X, *row(500, 0, false))}}, nil},
		"another one above":  {DefaultPolicy(), Evidence{Standing: held, Accounts: []AccountEvidence{account(1, X, *row(400, 0, false)), account(2, X, *row(500, 0, false))}}, nil},
		"another one above, but gone": {DefaultPolicy(), Evidence{Standing: held, Accounts: []AccountEvidence{account(1, X, *row(400, 0, false)),
			{AccountID: 2, Platform: X, State: StateGone, Readings: []Reading{*row(500, 0, false)}}}}, []int64{1}},
		"not a holder":        {DefaultPolicy(), Evidence{Standing: Standing{Status: StatusRevoked}, Accounts: []AccountEvidence{account(1, X, *row(400, 0, false))}}, nil},
		"confirmed by itself": {DefaultPolicy(), Evidence{Standing: held, Accounts: []AccountEvidence{account(1, X, confirmed)}}, nil},
		"confirm 1":           {one, Evidence{Standing: held, Accounts: []AccountEvidence{account(1, X, *row(400, 0, false))}}, nil},
		"only suspect":        {DefaultPolicy(), Evidence{Standing: held, Accounts: []AccountEvidence{account(1, X, *row(0, 0, true))}}, nil},
		"no requirement":      {DefaultPolicy(), Evidence{Standing: held, Accounts: []AccountEvidence{account(1, "tiktok", *row(4, 0, false))}}, nil},
	} {
		if got := NeedsHistory(c.p, c.e); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
