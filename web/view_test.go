package web

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

func TestPersonJSON(t *testing.T) {
	t.Parallel()
	n := func(v int64) *int64 { return &v }
	jakarta := time.FixedZone("WIB", 7*3600)
	p := influencer.PersonAccounts{
		Person: influencer.Person{ID: 7, NIP: "198604262009012001", Name: "Sri Rahayu", Agency: "BKN", Standing: influencer.Standing{
			Status: influencer.StatusActive, Since: time.Date(2026, 11, 23, 9, 0, 0, 0, jakarta), Reason: influencer.ReasonQualifies}},
		Accounts: []influencer.Account{
			{ID: 1, Platform: influencer.X, Handle: "sri", ExternalID: "12", State: influencer.StateOK,
				Counts: influencer.Counts{Followers: n(0)}, SyncedAt: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)},
			{ID: 2, Platform: influencer.Facebook, Handle: "sri.r", State: influencer.StateNeedsConsent, Error: "no token"},
		},
	}
	want := `{"id":7,"nip":"198604262009012001","name":"Sri Rahayu","agency":"BKN","unit":"","status":"active","since":"2026-11-23T02:00:00Z",` +
		`"first_granted_at":null,"reason":"qualifies","accounts":[` +
		`{"id":1,"platform":"x","handle":"sri","external_id":"12","state":"ok","followers":0,"friends":null,"following":null,"posts":null,"last_active_at":null,` +
		`"synced_at":"2026-11-23T02:00:00Z","next_due_at":null,"attempted_at":null,"error":""},` +
		`{"id":2,"platform":"facebook","handle":"sri.r","external_id":"","state":"needs_consent","followers":null,"friends":null,"following":null,"posts":null,` +
		`"last_active_at":null,"synced_at":null,"next_due_at":null,"attempted_at":null,"error":"no token"}]}`
	if got := text(t, Viewer{WholeNIP: true}.Person(p)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := text(t, Viewer{}.Person(p)); strings.Contains(got, "198604262009012001") || !strings.Contains(got, `"nip":"1986**** ****** * 001"`) {
		t.Errorf("a viewer without leave sees %s", got)
	}
}

func TestDecisionJSON(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	d := influencer.OwnedDecision{NIP: "198604262009012001", Receipt: influencer.Receipt{Event: influencer.EventGranted, FirstGrantedAt: at,
		Sentence: influencer.Bilingual{Indonesian: "Diberikan.", English: "Granted."}}, Decision: influencer.Decision{
		ID: 3, PersonID: 7, At: at, From: influencer.StatusNone, To: influencer.StatusActive, Reason: influencer.ReasonQualifies,
		PolicyVersion: 1, Actor: "rule", Evidence: influencer.Evidence{
			Standing: influencer.Standing{Status: influencer.StatusNone},
			Accounts: []influencer.AccountEvidence{{AccountID: 1, Platform: influencer.X, Handle: "sri", State: influencer.StateOK,
				Readings: []influencer.Reading{{AccountID: 1, ObservedAt: at, LastSeenAt: at, Reads: 1, Source: "x/v2"}}}},
		}}}
	want := `{"id":3,"person_id":7,"nip":"1986**** ****** * 001","name":"","agency":"","at":"2026-11-23T02:00:00Z","from":"none","to":"active",` +
		`"reason":"qualifies","event":"granted","policy_version":1,"actor":"rule","note":"","sentence":{"id":"Diberikan.","en":"Granted."},` +
		`"first_granted_at":"2026-11-23T02:00:00Z","evidence":{"status":"none","accounts":[` +
		`{"account_id":1,"platform":"x","handle":"sri","state":"ok","state_since":null,"readings":[` +
		`{"observed_at":"2026-11-23T02:00:00Z","last_seen_at":"2026-11-23T02:00:00Z","reads":1,"followers":null,"friends":null,"following":null,"posts":null,` +
		`"last_active_at":null,"suspect":false,"source":"x/v2"}]}]}}`
	if got := text(t, Viewer{}.Decision(d)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestPageJSON(t *testing.T) {
	t.Parallel()
	empty := PageOf(influencer.Page[influencer.Account]{}, Viewer{}.Account)
	if got, want := text(t, empty), `{"items":[],"next_cursor":""}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	one := PageOf(influencer.Page[influencer.OwnedAccount]{Items: make([]influencer.OwnedAccount, 1), Next: "abc"}, Viewer{}.OwnedAccount)
	if got := text(t, one); !strings.HasPrefix(got, `{"items":[{"id":0,"platform":"",`) || !strings.HasSuffix(got, `,"person_id":0,"nip":"********","name":"","agency":"","problem":null}],"next_cursor":"abc"}`) {
		t.Errorf("got %s", got)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
