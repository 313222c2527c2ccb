package influencer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// at is the moment of every vector: 12:00 WIB.
var at = time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)

// vector is one situation of testdata/decide. Times are relative to the moment
// of the decision: "-2h" is two hours before it.
type vector struct {
	Title    string
	Policy   json.RawMessage // what differs from the default
	Standing vectorStanding
	Accounts []vectorAccount
	Frozen   moment // until when new grants are frozen
	Act      *struct {
		Kind          ActionKind
		Until         moment
		Why           Leaving
		Basis, Decree string
	}
	Want struct {
		Qualifies    Answer
		Activity     Answer
		Requirements []Answer
		Why          []Why
		Doubtful     *[]int64
		Move         string // "from -> to: reason", or "stays"
		Row          string
		Event        Event
		After        *vectorStanding
	}
}

type vectorStanding struct {
	Status       Status
	Since        moment
	FirstGranted moment `json:"first_granted"`
	GraceSince   moment `json:"grace_since"`
	HeldBefore   Status `json:"held_before"`
	Until        moment
	Left         Leaving
	LeftAt       moment `json:"left_at"`
}

type vectorAccount struct {
	ID         int64
	Platform   Platform
	State      AccountState // ok when left out
	StateSince moment       `json:"state_since"`
	Readings   []struct {
		Followers, Friends, Posts *int64
		Observed, Seen, Posted    moment
		Between                   []moment
		Suspect                   bool
	}
}

// moment is a time relative to at; zero when left out.
type moment struct{ Time time.Time }

func (m *moment) UnmarshalText(text []byte) error {
	s := strings.TrimLeft(string(text), "+-")
	d, err := parseDuration(s)
	if strings.HasPrefix(string(text), "-") {
		d = -d
	}
	m.Time = at.Add(d)
	return err
}

func (s vectorStanding) standing() Standing {
	return Standing{Status: s.Status, Since: s.Since.Time, FirstGrantedAt: s.FirstGranted.Time,
		GraceSince: s.GraceSince.Time, HeldBefore: s.HeldBefore, Until: s.Until.Time,
		Left: s.Left, LeftAt: s.LeftAt.Time}
}

func (v vector) evidence() Evidence {
	e := Evidence{Standing: v.Standing.standing(), FrozenUntil: v.Frozen.Time}
	if a := v.Act; a != nil {
		e.Act = &Action{Kind: a.Kind, Until: a.Until.Time, Why: a.Why, Basis: a.Basis, Decree: a.Decree}
	}
	for _, a := range v.Accounts {
		account := AccountEvidence{AccountID: a.ID, Platform: a.Platform, Handle: "handle",
			State: a.State, StateSince: a.StateSince.Time}
		if a.State == "" {
			account.State = StateOK
		}
		for _, r := range a.Readings {
			reading := Reading{AccountID: a.ID, ObservedAt: r.Observed.Time, LastSeenAt: r.Seen.Time, Reads: 1, Suspect: r.Suspect,
				Counts: Counts{Followers: r.Followers, Friends: r.Friends, Posts: r.Posts, LastActiveAt: r.Posted.Time}}
			if reading.LastSeenAt.IsZero() {
				reading.LastSeenAt = reading.ObservedAt
			} else {
				reading.Reads = 2 + len(r.Between)
			}
			for _, t := range r.Between {
				reading.Between = append(reading.Between, t.Time)
			}
			account.Readings = append(account.Readings, reading)
		}
		e.Accounts = append(e.Accounts, account)
	}
	return e
}

func readVectors(t *testing.T) map[string]vector {
	t.Helper()
	files, err := filepath.Glob("testdata/decide/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	vectors := map[string]vector{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v vector
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		vectors[strings.TrimSuffix(filepath.Base(file), ".json")] = v
	}
	return vectors
}

func (v vector) policy(t *testing.T) Policy {
	t.Helper()
	if v.Policy == nil {
		return DefaultPolicy()
	}
	p, err := ParsePolicy(v.Policy)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for name, v := range readVectors(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var move *Move
			var after Standing
			if v.Act != nil {
				move, after = actVector(t, v)
			} else {
				move, after = decideVector(t, v)
			}
			checkMove(t, v, move, after)
		})
	}
}

func actVector(t *testing.T, v vector) (*Move, Standing) {
	m, after, err := Act(v.evidence(), at)
	if err != nil {
		t.Fatal(err)
	}
	return &m, after
}

func decideVector(t *testing.T, v vector) (*Move, Standing) {
	p, e := v.policy(t), v.evidence()
	got := Decide(p, e, at)
	checkVerdict(t, v, got)
	if diff := cmp.Diff(got, Decide(p, got.Used, at)); diff != "" {
		t.Errorf("deciding on the used evidence differs (-whole +used):\n%s", diff)
	}
	if got.Move == nil {
		return nil, Standing{}
	}
	return got.Move, e.Standing.After(*got.Move, p, at)
}

func checkVerdict(t *testing.T, v vector, got Verdict) {
	t.Helper()
	want := v.Want
	var answers []Answer
	var whys []Why
	for _, r := range got.Requirements {
		answers, whys = append(answers, r.Answer), append(whys, r.Why)
	}
	if got.Qualifies != want.Qualifies {
		t.Errorf("qualifies %s, want %s", got.Qualifies, want.Qualifies)
	}
	if want.Activity != "" && got.Activity != want.Activity {
		t.Errorf("activity %s, want %s", got.Activity, want.Activity)
	}
	if want.Requirements != nil && !slices.Equal(answers, want.Requirements) {
		t.Errorf("requirements %v, want %v", answers, want.Requirements)
	}
	if want.Why != nil && !slices.Equal(whys, want.Why) {
		t.Errorf("why %v, want %v", whys, want.Why)
	}
	doubtful := []int64{}
	if want.Doubtful != nil {
		doubtful = *want.Doubtful
	}
	if !slices.Equal(got.Doubtful, doubtful) {
		t.Errorf("doubtful %v, want %v", got.Doubtful, doubtful)
	}
}

func checkMove(t *testing.T, v vector, move *Move, after Standing) {
	t.Helper()
	got, row := "stays", ""
	if move != nil {
		got = fmt.Sprintf("%s -> %s: %s", move.From, move.To, move.Reason)
		if move.Row() == nil {
			t.Fatalf("move %s is not in the table", got)
		}
		row = move.Row().Name
	}
	if got != v.Want.Move {
		t.Fatalf("%s, want %s", got, v.Want.Move)
	}
	if v.Want.Row != "" && row != v.Want.Row {
		t.Errorf("row %q, want %q", row, v.Want.Row)
	}
	if v.Want.Event != "" && move.Event() != v.Want.Event {
		t.Errorf("event %q, want %q", move.Event(), v.Want.Event)
	}
	if v.Want.After != nil {
		after.Reason, after.ReasonVersion = "", 0
		if diff := cmp.Diff(v.Want.After.standing(), after); diff != "" {
			t.Errorf("standing after (-want +got):\n%s", diff)
		}
	}
}

// TestEveryMoveHasAVector keeps the table of moves and its proofs together.
func TestEveryMoveHasAVector(t *testing.T) {
	t.Parallel()
	vectors := readVectors(t)
	names := map[string]bool{}
	for _, row := range Moves() {
		if names[row.Name] {
			t.Errorf("row %q stands twice", row.Name)
		}
		names[row.Name] = true
		proven := false
		for _, v := range vectors {
			proven = proven || v.Want.Row == row.Name && slices.Contains(row.From, v.Standing.Status)
		}
		if !proven {
			t.Errorf("no vector in testdata/decide takes row %q", row.Name)
		}
	}
	for name, v := range vectors {
		if v.Want.Row != "" && !names[v.Want.Row] {
			t.Errorf("vector %s names row %q, which the table does not have", name, v.Want.Row)
		}
	}
}
