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
		"":              nil,
		"promote":       nil,
	}
	for kind, statuses := range allowed {
		for _, status := range Statuses() {
			s := Standing{Status: status, Since: at}
			m, after, err := Act(s, Action{Kind: kind}, at)
			if want := slices.Contains(statuses, status); (err == nil) != want {
				t.Errorf("%q on %s: %v", kind, status, err)
			}
			if err != nil && (!errors.Is(err, ErrIllegalAct) || after != s || m != Move{}) {
				t.Errorf("%q on %s: %v, %v, %v", kind, status, m, after, err)
			}
		}
	}
}

func TestActDates(t *testing.T) {
	t.Parallel()
	active := Standing{Status: StatusActive, Since: at}
	for _, until := range []time.Time{at, at.Add(-time.Hour)} {
		if _, _, err := Act(active, Action{Kind: ActionSuspend, Until: until}, at); !errors.Is(err, ErrIllegalAct) {
			t.Errorf("suspended until %v: %v", until, err)
		}
	}
	if _, _, err := Act(active, Action{Kind: ActionBlock, Until: at.Add(time.Hour)}, at); !errors.Is(err, ErrIllegalAct) {
		t.Errorf("blocked until a date: %v", err)
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
		if (row.Action == "") == (row.When.String() == "") {
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
		"below, one read":    {DefaultPolicy(), Evidence{held, []AccountEvidence{account(1, X, *row(400, 0, false)), account(2, Instagram, *row(9, 0, false))}}, []int64{1, 2}},
		"under a suspension": {DefaultPolicy(), Evidence{Standing{Status: StatusSuspended, HeldBefore: StatusGrace}, []AccountEvidence{account(1, X, *row(400, 0, false))}}, []int64{1}},
		"above":              {DefaultPolicy(), Evidence{held, []AccountEvidence{account(1, X, *row(500, 0, false))}}, nil},
		"another one above":  {DefaultPolicy(), Evidence{held, []AccountEvidence{account(1, X, *row(400, 0, false)), account(2, X, *row(500, 0, false))}}, nil},
		"another one above, but gone": {DefaultPolicy(), Evidence{held, []AccountEvidence{account(1, X, *row(400, 0, false)),
			{AccountID: 2, Platform: X, State: StateGone, Readings: []Reading{*row(500, 0, false)}}}}, []int64{1}},
		"not a holder":        {DefaultPolicy(), Evidence{Standing{Status: StatusRevoked}, []AccountEvidence{account(1, X, *row(400, 0, false))}}, nil},
		"confirmed by itself": {DefaultPolicy(), Evidence{held, []AccountEvidence{account(1, X, confirmed)}}, nil},
		"confirm 1":           {one, Evidence{held, []AccountEvidence{account(1, X, *row(400, 0, false))}}, nil},
		"only suspect":        {DefaultPolicy(), Evidence{held, []AccountEvidence{account(1, X, *row(0, 0, true))}}, nil},
		"no requirement":      {DefaultPolicy(), Evidence{held, []AccountEvidence{account(1, "tiktok", *row(4, 0, false))}}, nil},
	} {
		if got := NeedsHistory(c.p, c.e); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
