package store

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

func TestEvidenceRoundTrip(t *testing.T) {
	t.Parallel()
	at := monday.Add(123456 * time.Microsecond)
	full := influencer.Evidence{
		Standing: influencer.Standing{
			Status: influencer.StatusSuspended, Since: at, FirstGrantedAt: at.Add(-time.Hour), GraceSince: at.Add(-2 * time.Hour),
			HeldBefore: influencer.StatusGrace, Until: at.Add(time.Hour), Reason: influencer.ReasonSuspended, ReasonVersion: 3,
			Left: influencer.LeftRetired, LeftAt: at.Add(-time.Minute),
		},
		FrozenUntil: at.Add(time.Minute),
		Act:         &influencer.Action{Kind: influencer.ActionSuspend, Until: at, Why: influencer.LeftEnded, Basis: "b", Decree: "d"},
		Accounts: []influencer.AccountEvidence{
			{AccountID: 1, Platform: influencer.X, Handle: "a", State: influencer.StateOK, StateSince: at, Readings: []influencer.Reading{{
				AccountID: 1, ObservedAt: at, LastSeenAt: at.Add(time.Hour), Reads: 3, Between: []time.Time{at.Add(time.Minute)},
				Counts: influencer.Counts{Followers: ptr(0), Friends: ptr(1), Following: ptr(2), Posts: ptr(3), LastActiveAt: at},
				Source: "x/v2", Suspect: true,
			}, {AccountID: 1, ObservedAt: at, LastSeenAt: at, Reads: 1}}},
			{AccountID: 2, Platform: influencer.Facebook, Handle: "b", State: influencer.StatePending, StateSince: at},
		},
	}
	for name, e := range map[string]influencer.Evidence{"full": full, "none": {Accounts: []influencer.AccountEvidence{}}} {
		stored, err := encodeEvidence(e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeEvidence(stored)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	stored, err := encodeEvidence(full)
	if err != nil {
		t.Fatal(err)
	}
	// Zero is a number; unknown is not there at all.
	if !strings.Contains(stored, `"followers":0`) || strings.Count(stored, "followers") != 1 {
		t.Error(stored)
	}
	if _, err := decodeEvidence("{"); err == nil {
		t.Error("a broken document decodes")
	}
}
