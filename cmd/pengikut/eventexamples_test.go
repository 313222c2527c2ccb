package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/worker/webhook"
)

// theatre is a house in which a person's years with the service are played, each
// step on a day of its own.
type theatre struct {
	*house
	t     *testing.T
	clock *clock
}

func newTheatre(t *testing.T) *theatre {
	t.Helper()
	c := newCLI(t)
	a, _, _ := c.app("")
	cfg, err := a.config()
	if err != nil {
		t.Fatal(err)
	}
	h, err := a.openHouse(t.Context(), cfg, timekeeper{now: a.now, speed: 1}, founding)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return &theatre{h, t, c.clock}
}

// must ends the test with an error.
func (s *theatre) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// rule changes the policy in force.
func (s *theatre) rule(note string, change func(*influencer.Policy)) {
	s.t.Helper()
	s.clock.advance(day)
	p, err := s.store.CurrentPolicy(s.t.Context())
	s.must(err)
	change(&p)
	_, err = s.store.PutPolicy(s.t.Context(), p, influencer.PolicyOrder{Author: "cli:siti", Note: note, At: s.now()}, nil)
	s.must(err)
}

// reads records what X shows of the account: so many followers, or a failure.
func (s *theatre) reads(followers int64, failure influencer.FailureKind) {
	s.t.Helper()
	s.clock.advance(day)
	claimed, err := s.store.Claim(s.t.Context(), influencer.ClaimOrder{Platform: influencer.X, Purpose: influencer.PurposePlanned, BatchSize: 1, Limit: 1,
		Lease: time.Minute, At: s.now(), All: true})
	s.must(err)
	seen := influencer.Observation{AccountID: 1, Source: "x/v2"}
	if failure == "" {
		seen.Counts = influencer.Counts{Followers: &followers, LastActiveAt: s.now().Add(-time.Hour)}
	} else {
		seen.Failure = &influencer.Failure{Kind: failure, Detail: "no such user"}
	}
	_, err = s.store.Record(s.t.Context(), claimed.Refs[0], []influencer.Observation{seen}, s.now())
	s.must(err)
}

// orders has an admin act on the person.
func (s *theatre) orders(a influencer.Action) {
	s.t.Helper()
	s.clock.advance(day)
	_, err := s.store.Act(s.t.Context(), influencer.Order{PersonID: 1, Action: a, Note: "contoh"}, influencer.Orderer{Actor: "cli:siti"}, s.now())
	s.must(err)
}

// waits lets days go by, and what they bring happen.
func (s *theatre) waits(days int) {
	s.t.Helper()
	s.clock.advance(time.Duration(days) * day)
	_, err := s.store.DecideDue(s.t.Context(), s.now(), 10)
	s.must(err)
}

// play lets everything happen that there is an event of.
func (s *theatre) play() {
	s.t.Helper()
	_, err := s.store.Import(s.t.Context(), func(yield func(influencer.Row) error) error {
		return yield(influencer.Row{Line: 2, NIP: "198604262009012001", Name: "Sri Wahyuni", Agency: "Kementerian Kesehatan", Unit: "Biro Humas",
			Platform: influencer.X, Handle: "sri_wahyuni"})
	}, influencer.ImportOptions{At: s.now(), Actor: "cli:siti"})
	s.must(err)
	s.rule("dengan masa tenggang", func(p *influencer.Policy) { p.Confirm, p.Grace = 1, 7*day })
	s.reads(620, "") // granted
	s.reads(480, "") // grace_started
	s.reads(560, "") // recovered
	s.orders(influencer.Action{Kind: influencer.ActionSuspend, Until: s.now().Add(20 * day)})
	s.waits(21) // suspension_ended
	s.orders(influencer.Action{Kind: influencer.ActionSuspend})
	s.orders(influencer.Action{Kind: influencer.ActionReinstate})
	s.orders(influencer.Action{Kind: influencer.ActionBlock, Basis: "PP 94/2021", Decree: "1/2026"})
	s.orders(influencer.Action{Kind: influencer.ActionUnblock})
	s.reads(480, "")
	s.waits(8) // revoked
	s.rule("dengan persetujuan", func(p *influencer.Policy) { p.Approval = influencer.Manual })
	s.reads(620, "") // awaiting_approval
	s.reads(450, "") // withdrawn
	s.reads(620, "")
	s.orders(influencer.Action{Kind: influencer.ActionApprove})
	s.orders(influencer.Action{Kind: influencer.ActionUnapprove})
	s.orders(influencer.Action{Kind: influencer.ActionLeave, Why: influencer.LeftRetired})
	s.orders(influencer.Action{Kind: influencer.ActionRejoin})
	s.reads(0, influencer.Gone) // account_problem
	s.reads(620, "")            // account_ok
	s.orders(influencer.Action{Kind: influencer.ActionApprove})
	s.rule("sangat hati-hati", func(p *influencer.Policy) { p.Grace, p.Breaker.Share, p.Breaker.Floor = 0, 0, 0 })
	s.reads(450, "") // breaker_tripped
}

// sent are the messages that a webhook gets of all this, the first of each kind.
func (s *theatre) sent(webhookID int64) map[influencer.Event]influencer.Outgoing {
	s.t.Helper()
	out := map[influencer.Event]influencer.Outgoing{}
	_, err := s.store.RouteEvents(s.t.Context(), 1000)
	s.must(err)
	for {
		claimed, err := s.store.ClaimDeliveries(s.t.Context(), webhookID, 16, time.Minute)
		s.must(err)
		if len(claimed) == 0 {
			break
		}
		for _, o := range claimed {
			if _, had := out[o.Event.Kind]; !had {
				out[o.Event.Kind] = o
			}
			s.must(s.store.FinishDelivery(s.t.Context(), o.Ref, influencer.Outcome{At: s.now(), Status: 204}))
		}
	}
	test, err := s.store.TestDelivery(s.t.Context(), webhookID)
	s.must(err)
	out[influencer.EventTest] = test
	return out
}

// shown is a message's body as a person reads it: a member of its data a line, and
// the receipt only when whole.
func (s *theatre) shown(o influencer.Outgoing, f influencer.WebhookFormat, whole bool) string {
	s.t.Helper()
	o.Format = f
	body, _, err := webhook.Body(o)
	s.must(err)
	var out bytes.Buffer
	if whole {
		s.must(json.Indent(&out, body, "", "  "))
		return out.String()
	}
	var message struct{ Data json.RawMessage }
	var members map[string]json.RawMessage
	s.must(json.Unmarshal(body, &message))
	s.must(json.Unmarshal(message.Data, &members))
	delete(members, "receipt")
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		lines = append(lines, fmt.Sprintf("    %q: %s", name, members[name]))
	}
	s.must(json.Indent(&out, bytes.Replace(body, message.Data, []byte(`"here"`), 1), "", "  "))
	return strings.Replace(out.String(), `"here"`, "{\n"+strings.Join(lines, ",\n")+"\n  }", 1)
}

const examplesHead = `# Events by example

One message of each [event](events.md#the-events), as a webhook gets it: first in the form of Standard Webhooks, then the same as a
CloudEvent. The first is whole; further down the member ` + "`receipt`" + `, which every move of a status has, is left out. A test plays the years
of one invented person with the service, and fails when a message differs from what stands here.
`

// TestEventExamples compares the examples of the handbook with what is sent, one of
// each event there is.
func TestEventExamples(t *testing.T) {
	t.Parallel()
	s := newTheatre(t)
	w, _, err := s.store.AddWebhook(t.Context(), influencer.WebhookSettings{URL: "https://example.go.id/hook"}, "cli:siti")
	s.must(err)
	s.play()
	sent := s.sent(w.ID)
	var page strings.Builder
	page.WriteString(examplesHead)
	for i, kind := range append(influencer.Events(), influencer.EventTest) {
		o, found := sent[kind]
		if !found {
			t.Errorf("nothing makes the event %s", kind)
			continue
		}
		fmt.Fprintf(&page, "\n## %s\n\n```json\n%s\n```\n\n```json\n%s\n```\n", kind,
			s.shown(o, influencer.FormatStandard, i == 0), s.shown(o, influencer.FormatCloudEvents, false))
	}
	sameFile(t, "../../docs/event-examples.md", page.String())
	s.quotes("../../docs/events.md", page.String())
}

// quotes checks that a page shows no message but those of the examples.
func (s *theatre) quotes(path, examples string) {
	s.t.Helper()
	text, err := os.ReadFile(path)
	s.must(err)
	blocks := strings.Split(string(text), "```json\n")[1:]
	if len(blocks) < 3 {
		s.t.Errorf("%s: %d examples", path, len(blocks))
	}
	for _, block := range blocks {
		shown, _, _ := strings.Cut(block, "```")
		if !strings.Contains(examples, shown) {
			s.t.Errorf("%s shows what is not sent:\n%s", path, shown)
		}
	}
}
