package influencer

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// wholePolicy is the default policy with every key stated.
const wholePolicy = `{
  "match": "any",
  "requirements": [
    {"platform": "x", "metric": "followers", "at_least": 500},
    {"platform": "instagram", "metric": "followers", "at_least": 500},
    {"platform": "facebook", "metric": "friends", "at_least": 500}
  ],
  "leave_below": "100%", "confirm": 2, "confirm_gap": "1h", "grace": "0s",
  "activity": {"within": "30d", "unknown": "hold"},
  "evidence_max_age": "35d",
  "suspect": {"drop": "50%", "from": 100},
  "gone_after": "14d",
  "breaker": {"share": "5%", "floor": 20, "window": "1h"},
  "approval": "automatic"
}`

func TestDefaultPolicy(t *testing.T) {
	t.Parallel()
	if err := DefaultPolicy().Validate(); err != nil {
		t.Error(err)
	}
	want := DefaultPolicy()
	want.Version = 0
	for _, text := range []string{wholePolicy, "{}"} {
		got, err := ParsePolicy([]byte(text))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	}
}

func TestParsePolicyForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"match": "all"}`:                                        "match: any -> all",
		`{"match": {"at_least": 2}}`:                              "match: any -> at_least: 2",
		`{"match": "at_least: 2"}`:                                "match: any -> at_least: 2",
		`{"grace": "1d12h30m15s"}`:                                "grace: 0s -> 1d12h30m15s",
		`{"grace": "36h"}`:                                        "grace: 0s -> 1d12h",
		`{"confirm_gap": 0}`:                                      "confirm_gap: 1h -> 0s",
		`{"leave_below": "90%"}`:                                  "leave_below: 100% -> 90%",
		`{"leave_below": "87.5%"}`:                                "leave_below: 100% -> 87.5%",
		`{"leave_below": "87.05%"}`:                               "leave_below: 100% -> 87.05%",
		`{"activity": {"unknown": "accept"}}`:                     "activity.unknown: hold -> accept",
		`{"breaker": {"floor": 0}}`:                               "breaker.floor: 20 -> 0",
		`{"approval": "manual"}`:                                  "approval: automatic -> manual",
		`{"suspect": {"from": 0, "drop": "100%"}, "confirm": 1 }`: "confirm: 2 -> 1|suspect.drop: 50% -> 100%|suspect.from: 100 -> 0",
		`{"requirements": [{"platform": "x", "metric": "followers", "at_least": 1000}, {"platform": "tiktok", "metric": "followers", "at_least": 500}]}`: "requirements: x followers at least 500 -> 1000|requirements: instagram followers at least 500 removed|requirements: facebook friends at least 500 removed|requirements: tiktok followers at least 500 added",
	} {
		p, err := ParsePolicy([]byte(text))
		if got := strings.Join(Diff(DefaultPolicy(), p), "|"); err != nil || got != want {
			t.Errorf("%s: %q, want %q, %v", text, got, want, err)
		}
	}
}

func TestParsePolicyRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                               "must be an object",
		`null`:                           "must be an object",
		`[]`:                             "must be an object",
		`{"confirm": 2`:                  "not JSON",
		`{} {}`:                          "after its end",
		`{"Confirm": 2}`:                 "Confirm: is not a key",
		`{"confirm": 2, "confirm": 2}`:   "confirm: stands twice",
		`{"activity": {"withn": "30d"}}`: "activity.withn: is not a key",
		`{"confirm": null}`:              "confirm: is empty",
		`{"confirm": 0}`:                 "confirm: must be from 1 to 5",
		`{"confirm": 6}`:                 "confirm: must be from 1 to 5",
		`{"confirm": "2"}`:               "confirm: must be a whole number",
		`{"confirm": 2.0}`:               "confirm: must be a whole number",
		`{"confirm_gap": "-1h"}`:         "confirm_gap: ",
		`{"confirm_gap": "36d"}`:         "confirm_gap: must not be longer",
		`{"grace": "30"}`:                "grace: ",
		`{"grace": 30}`:                  "grace: ",
		`{"grace": "1.5h"}`:              "grace: ",
		`{"grace": "1h1d"}`:              "grace: ",
		`{"grace": ""}`:                  "grace: ",
		`{"grace": "1w"}`:                "grace: ",
		`{"grace": "99999999d"}`:         "grace: is longer",
		`{"grace": "3660d1s"}`:           "grace: must be in whole seconds",
		`{"leave_below": "0%"}`:          "leave_below: must be from 1% to 100%",
		`{"leave_below": "101%"}`:        "leave_below: must be from 1% to 100%",
		`{"leave_below": "0.9"}`:         "leave_below: must be a share",
		`{"leave_below": 90}`:            "leave_below: must be a share",
		`{"leave_below": "9.999%"}`:      "leave_below: must be a share",
		`{"leave_below": "-5%"}`:         "leave_below: must be a share",
		`{"activity": {"within": "0s"}}`: "activity.within: ",
		`{"activity": {"unknown": "x"}}`: "activity.unknown: must be hold or accept",
		`{"activity": 5}`:                "activity: must be an object",
		`{"evidence_max_age": "0s"}`:     "evidence_max_age: ",
		`{"suspect": {"drop": "0%"}}`:    "suspect.drop: ",
		`{"suspect": {"from": -1}}`:      "suspect.from: ",
		`{"breaker": {"floor": -1}}`:     "breaker.floor: ",
		`{"breaker": {"window": "0s"}}`:  "breaker.window: ",
		`{"approval": "maybe"}`:          "approval: must be automatic or manual",
		`{"match": "some"}`:              "match: must be any",
		`{"match": {"at_least": 4}}`:     "match.at_least: must be from 1",
		`{"match": {"at_least": 0}}`:     "match.at_least: must be from 1",
		`{"match": {}}`:                  "match.at_least: must be from 1",
		`{"match": {"atleast": 1}}`:      "match.atleast: is not a key",
		`{"match": "at_least: two"}`:     "match: at_least must be",
		`{"match": 2}`:                   "match: must be an object",
		`{"requirements": []}`:           "requirements: must be 1 to 50",
		`{"requirements": {}}`:           "requirements: must be a list",
		`{"requirements": [{}]}`:         "requirements no. 1.platform: is missing",
		`{"requirements": [5]}`:          "requirements no. 1: must be an object",
		`{"requirements": [{"platform": "X", "metric": "followers", "at_least": 1}]}`:                                                             "requirements no. 1.platform: must be a lower-case name",
		`{"requirements": [{"platform": "x", "metric": "likes", "at_least": 1}]}`:                                                                 "requirements no. 1.metric: must be followers or friends",
		`{"requirements": [{"platform": "x", "metric": "friends", "at_least": 0}]}`:                                                               "requirements no. 1.at_least: must be from 1",
		`{"requirements": [{"platform": "x", "metric": "friends", "at_least": 1, "at_most": 2}]}`:                                                 "requirements no. 1.at_most: is not a key",
		`{"requirements": [{"platform": "x", "metric": "friends", "at_least": 1}, {"platform": "x", "metric": "friends", "at_least": 2}]}`:        "requirements no. 2: asks for x friends a second time",
		`{"requirements": [{"platform": "x", "metric": "friends", "at_least": 99999999999999}]}`:                                                  "requirements no. 1.at_least: must be from 1",
		`{"requirements": [{"platform": "x", "metric": "friends", "at_least": 99999999999999999999}], "confirm": 9, "nonsense": 1, "grace": "x"}`: "requirements no. 1.at_least: must be a whole number",
	} {
		_, err := ParsePolicy([]byte(text))
		var all *PolicyError
		if !errors.As(err, &all) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// TestPolicyErrorTellsAll: every problem at once, each once.
func TestPolicyErrorTellsAll(t *testing.T) {
	t.Parallel()
	_, err := ParsePolicy([]byte(`{"nonsense": 1, "grace": "x", "confirm": 9, "leave_below": "0%",
		"requirements": [{"platform": "X", "metric": "likes", "at_least": "many"}], "approval": null}`))
	var all *PolicyError
	if !errors.As(err, &all) {
		t.Fatal(err)
	}
	var keys []string
	for _, problem := range all.Problems {
		key, _, _ := strings.Cut(problem, ": ")
		keys = append(keys, key)
	}
	slices.Sort(keys)
	want := []string{"approval", "confirm", "grace", "leave_below", "nonsense",
		"requirements no. 1.at_least", "requirements no. 1.metric", "requirements no. 1.platform"}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Error(diff)
	}
}

func TestPolicyRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := genPolicy(t)
		p.ConfirmGap = time.Duration(rapid.Int64Range(0, int64(2*day/time.Second)).Draw(t, "gap")) * time.Second
		p.GoneAfter = time.Duration(rapid.Int64Range(0, int64(maxDuration/time.Second)).Draw(t, "gone")) * time.Second
		p.LeaveBelow = Share(rapid.IntRange(100, 10000).Draw(t, "leave"))
		data, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParsePolicy(data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if diff := cmp.Diff(p, again); diff != "" || len(Diff(p, again)) > 0 {
			t.Fatalf("changed on the way:\n%s", diff)
		}
		other := genPolicy(t)
		if same := cmp.Equal(sorted(p), sorted(other)); same != (len(Diff(p, other)) == 0) {
			t.Fatalf("equal is %v, and the difference %v", same, Diff(p, other))
		}
	})
}

func sorted(p Policy) Policy {
	p.Requirements = slices.Clone(p.Requirements)
	slices.SortFunc(p.Requirements, func(a, b Requirement) int { return strings.Compare(a.String(), b.String()) })
	return p
}

// TestUnmarshalKeepsVersion: the number is the store's, not the file's.
func TestUnmarshalKeepsVersion(t *testing.T) {
	t.Parallel()
	p := Policy{Version: 7}
	if err := json.Unmarshal([]byte(`{"confirm": 3}`), &p); err != nil || p.Version != 7 || p.Confirm != 3 || p.Approval != Automatic {
		t.Errorf("%+v %v", p, err)
	}
	if err := json.Unmarshal([]byte(`{"confirm": 9}`), &p); err == nil || p.Confirm != 3 {
		t.Errorf("%+v %v", p, err)
	}
}

// TestValidateBuilt: a policy built in code is checked like one that was read.
func TestValidateBuilt(t *testing.T) {
	t.Parallel()
	p := DefaultPolicy()
	p.Grace, p.Match.N = 1500*time.Millisecond, 2
	err := p.Validate()
	if err == nil || !strings.Contains(err.Error(), "grace: must be in whole seconds") || !strings.Contains(err.Error(), "match: ") {
		t.Error(err)
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	b := DefaultPolicy().Breaker
	for _, c := range []struct {
		losses, holders int
		want            bool
	}{{20, 20, true}, {21, 20, false}, {21, 419, false}, {21, 420, true}, {50, 1000, true}, {51, 1000, false}, {0, 0, true}} {
		if got := b.Allows(c.losses, c.holders); got != c.want {
			t.Errorf("%d of %d: %v", c.losses, c.holders, got)
		}
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add([]byte(wholePolicy))
	f.Add([]byte(`{"match": {"at_least": 2}, "grace": "1d12h"}`))
	f.Add([]byte(`{"requirements": [{"platform": "x", "metric": "friends", "at_least": 1}], "leave_below": "87.5%"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePolicy(data)
		if err != nil {
			return
		}
		if err := p.Validate(); err != nil {
			t.Fatalf("parsed what is not valid: %v", err)
		}
		written, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParsePolicy(written)
		if err != nil || !cmp.Equal(p, again) {
			t.Fatalf("%v\n%s", err, cmp.Diff(p, again))
		}
	})
}
