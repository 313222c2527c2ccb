package influencer

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// decisionOf is what the rule decides of this evidence now, nil when it moves
// nothing.
func decisionOf(p Policy, e Evidence) *Decision {
	v := Decide(p, e, at)
	if v.Move == nil {
		return nil
	}
	return &Decision{ID: 7, PersonID: 3, At: at, From: v.Move.From, To: v.Move.To, Reason: v.Move.Reason,
		PolicyVersion: p.Version, Actor: RuleActor, Evidence: v.Used}
}

// A receipt's sum is the decision's own: recomputed from the copy of the
// evidence it says what the whole evidence said.
func TestReceiptSumIsTheDecisions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := genPolicy(t), genEvidence(t)
		d := decisionOf(p, e)
		if d == nil {
			return
		}
		v, r := Decide(p, e, at), NewReceipt(*d, p)
		if r.Sum == nil || r.Sum.Qualifies != v.Qualifies || r.Sum.Activity.Answer != v.Activity || r.Event == "" {
			t.Fatalf("the receipt says %+v, the rule %+v", r, v)
		}
		met := 0
		for i, q := range v.Requirements {
			got := r.Sum.Requirements[i]
			if got.Answer != q.Answer || got.Why != q.Why || !equal(got.Value, q.Best) || got.Line != q.Line {
				t.Fatalf("requirement %d: the receipt says %+v, the rule %+v", i, got, q)
			}
			met += map[Answer]int{Yes: 1}[q.Answer]
		}
		if r.Sum.Met != met || r.Sum.Of != len(p.Requirements) || r.Sum.Needed != p.Match.Needed(len(p.Requirements)) {
			t.Fatalf("%d of %d met, %d needed", r.Sum.Met, r.Sum.Of, r.Sum.Needed)
		}
		if want := e.Standing.After(*v.Move, p, at).FirstGrantedAt; !r.FirstGrantedAt.Equal(want) {
			t.Fatalf("first granted %v, want %v", r.FirstGrantedAt, want)
		}
		if strings.Contains(r.Sentence.Indonesian+r.Sentence.English, "%!") {
			t.Fatalf("%+v", r.Sentence)
		}
	})
}

// TestReceiptIsARecord holds whole receipts against files: their names are kept
// by others, and what they say is read by the person concerned.
func TestReceiptIsARecord(t *testing.T) {
	t.Parallel()
	vectors := readVectors(t)
	for _, name := range []string{"return-keeps-first-award", "grace-over-below", "grant-facebook-friends", "act-approve"} {
		v := vectors[name]
		p := v.policy(t)
		p.Version = 4
		d := decisionOf(p, v.evidence())
		if v.Act != nil {
			m, _ := actVector(t, v)
			d = &Decision{ID: 7, PersonID: 3, At: at, From: m.From, To: m.To, Reason: m.Reason, Actor: "cli:sri", Evidence: Evidence{Standing: v.Standing.standing()}}
			p = Policy{}
		}
		r := NewReceipt(*d, p)
		raw, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw) + "\n\n" + strings.Join(slices.Concat(r.Lines(Indonesian), []string{""}, r.Lines(English)), "\n") + "\n"
		file := "testdata/receipts/" + name + ".txt"
		if *update {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), text); diff != "" {
			t.Errorf("%s changed; names only grow; run with -update (-file +now):\n%s", name, diff)
		}
	}
}
