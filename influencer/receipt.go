package influencer

import "time"

// Receipt is a decision with all that it rests on, for whoever asks why: the
// policy version, the readings, the sum made of them, who moved it, and a
// sentence for people. It is made from the decision's own evidence, so that the
// same decision always gives the same receipt. It names no NIP.
//
// The names of its JSON form are kept by receivers outside: they only grow.
type Receipt struct {
	DecisionID    int64     `json:"decision_id,omitzero"`
	PersonID      int64     `json:"person_id"`
	At            time.Time `json:"at"`
	From          Status    `json:"from"`
	To            Status    `json:"to"`
	Reason        Reason    `json:"reason"`
	Event         Event     `json:"event"`
	PolicyVersion int       `json:"policy_version"` // 0 when no policy had a part in it
	Actor         string    `json:"actor"`          // "rule", or who ordered it
	Sentence      Bilingual `json:"sentence"`

	// FirstGrantedAt is the first award as the decision leaves it; zero when the
	// person never held the status.
	FirstGrantedAt time.Time        `json:"first_granted_at,omitzero"`
	Act            *Action          `json:"act,omitzero"` // as an admin ordered it, with the decree of a block; nil when the rule decided
	Sum            *Sum             `json:"sum"`          // nil when the rule was not asked, as for most acts of an admin
	Readings       []ReceiptReading `json:"readings"`
}

// Bilingual is a text for people, in both languages.
type Bilingual struct {
	Indonesian string `json:"id"`
	English    string `json:"en"`
}

// Sum is how the rule came to its answer.
type Sum struct {
	Qualifies    Answer           `json:"qualifies"`
	Needed       int              `json:"needed"` // requirements that must be met
	Met          int              `json:"met"`    // that are
	Of           int              `json:"of"`     // that there are
	Requirements []SumRequirement `json:"requirements"`
	Activity     SumActivity      `json:"activity"`
}

// SumRequirement is one requirement of a sum.
type SumRequirement struct {
	Platform Platform     `json:"platform"`
	Metric   Metric       `json:"metric"`
	AtLeast  int64        `json:"at_least"`
	Line     int64        `json:"line"`  // the count asked for, given the person's standing
	Value    *int64       `json:"value"` // the best that counts; null when none does
	Answer   Answer       `json:"answer"`
	Why      Why          `json:"why"`
	Accounts []SumAccount `json:"accounts"`
}

// SumAccount is what one account gave to a requirement.
type SumAccount struct {
	AccountID int64        `json:"account_id"`
	Handle    string       `json:"handle"`
	State     AccountState `json:"state"`
	Value     *int64       `json:"value"`
	SeenAt    time.Time    `json:"seen_at,omitzero"` // when the value was last seen
	Source    string       `json:"source,omitzero"`  // which API said so
	Answer    Answer       `json:"answer"`
	Why       Why          `json:"why"`
	Confirmed int          `json:"confirmed,omitzero"` // for a holder below the line: reads that say so
}

// SumActivity is the part of a sum about posting.
type SumActivity struct {
	Answer       Answer    `json:"answer"`
	Within       string    `json:"within"` // as the policy writes it, such as 30d
	NewestPostAt time.Time `json:"newest_post_at,omitzero"`
	Platform     Platform  `json:"platform,omitzero"` // of the newest post
}

// ReceiptReading is one reading that the decision used.
type ReceiptReading struct {
	AccountID  int64     `json:"account_id"`
	Platform   Platform  `json:"platform"`
	Handle     string    `json:"handle"`
	Followers  *int64    `json:"followers,omitzero"`
	Friends    *int64    `json:"friends,omitzero"`
	ObservedAt time.Time `json:"observed_at"`  // first read that saw these numbers
	LastSeenAt time.Time `json:"last_seen_at"` // last one before the decision
	Reads      int       `json:"reads"`
	Source     string    `json:"source"`
}

// NewReceipt makes the receipt of a decision that was made under p. A zero p,
// for an act that no policy had a part in, leaves the sum out.
func NewReceipt(d Decision, p Policy) Receipt {
	move := Move{From: d.From, To: d.To, Reason: d.Reason}
	r := Receipt{
		DecisionID: d.ID, PersonID: d.PersonID, At: d.At, From: d.From, To: d.To, Reason: d.Reason, Event: move.Event(),
		PolicyVersion: d.PolicyVersion, Actor: d.Actor,
		FirstGrantedAt: d.Evidence.Standing.After(move, p, d.At).FirstGrantedAt,
		Act:            d.Evidence.Act,
		Readings:       receiptReadings(d.Evidence),
	}
	v := Decide(p, d.Evidence, d.At)
	if len(p.Requirements) > 0 && (d.Actor == RuleActor || len(d.Evidence.Accounts) > 0) {
		r.Sum = newSum(p, v, d.Evidence, d.At)
	}
	r.Sentence = bilingual(func(lang Lang) string { return sentence(lang, d, p, v) })
	return r
}

// RuleActor is the actor of a decision that nobody ordered.
const RuleActor = "rule"

func receiptReadings(e Evidence) []ReceiptReading {
	out := []ReceiptReading{}
	for _, a := range e.Accounts {
		for _, r := range a.Readings {
			out = append(out, ReceiptReading{a.AccountID, a.Platform, a.Handle, r.Followers, r.Friends,
				r.ObservedAt, r.LastSeenAt, max(r.Reads, 1), r.Source})
		}
	}
	return out
}

func newSum(p Policy, v Verdict, e Evidence, at time.Time) *Sum {
	s := &Sum{Qualifies: v.Qualifies, Needed: p.Match.Needed(len(v.Requirements)), Of: len(v.Requirements)}
	for _, r := range v.Requirements {
		if r.Answer == Yes {
			s.Met++
		}
		line := SumRequirement{Platform: r.Platform, Metric: r.Metric, AtLeast: r.AtLeast, Line: r.Line, Value: r.Best,
			Answer: r.Answer, Why: r.Why, Accounts: []SumAccount{}}
		for _, a := range r.Accounts {
			line.Accounts = append(line.Accounts, sumAccount(a, e.account(a.AccountID), r.Metric))
		}
		s.Requirements = append(s.Requirements, line)
	}
	s.Activity = SumActivity{Answer: v.Activity, Within: durationText(p.Activity.Within)}
	var on AccountEvidence
	if s.Activity.NewestPostAt, on = e.newestPost(at); !s.Activity.NewestPostAt.IsZero() {
		s.Activity.Platform = on.Platform
	}
	return s
}

func sumAccount(r AccountResult, e AccountEvidence, m Metric) SumAccount {
	out := SumAccount{AccountID: r.AccountID, Handle: e.Handle, State: e.State, Value: r.Value, SeenAt: r.SeenAt,
		Answer: r.Answer, Why: r.Why, Confirmed: r.Confirmed}
	if n := newestGood(e.Readings, m); n >= 0 {
		out.Source = e.Readings[n].Source
	}
	return out
}

// account finds an account's evidence by its id.
func (e Evidence) account(id int64) AccountEvidence {
	for _, a := range e.Accounts {
		if a.AccountID == id {
			return a
		}
	}
	return AccountEvidence{}
}

// newestPost is the newest post that any good reading tells of, and on which
// account; a zero time when none does.
func (e Evidence) newestPost(now time.Time) (newest time.Time, on AccountEvidence) {
	for _, a := range e.Accounts {
		for _, r := range a.Readings {
			if !r.Suspect && r.LastActiveAt.After(newest) && r.LastActiveAt.Sub(now) <= Skew {
				newest, on = r.LastActiveAt, a
			}
		}
	}
	return newest, on
}
