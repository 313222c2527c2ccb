package store

import (
	"encoding/json"
	"testing"

	"github.com/pengikut/pengikut/influencer"
)

// TestEventsLeaveWithTheirReceipt: whoever is told of a move is told what it rests
// on, and of what is no move, nothing more.
func TestEventsLeaveWithTheirReceipt(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		_, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 523))
		out := []influencer.Outgoing{{Event: influencer.OutEvent{ID: 1, PersonID: 1, Data: json.RawMessage(db.text("SELECT payload FROM outbox WHERE id = 1"))}},
			{Event: influencer.OutEvent{ID: 2, Data: json.RawMessage(`{"version":2}`)}}}
		if err := db.addReceipts(db.db, out); err != nil {
			t.Fatal(err)
		}
		var got struct {
			NIP     influencer.NIP
			Text    influencer.Bilingual
			Receipt influencer.Receipt
		}
		if err := json.Unmarshal(out[0].Event.Data, &got); err != nil {
			t.Fatal(err)
		}
		r := got.Receipt
		if got.NIP != ani || r.Sentence != got.Text || r.DecisionID != 1 || r.Actor != influencer.RuleActor || r.PolicyVersion != 1 ||
			r.Sum == nil || r.Sum.Met != 1 || *r.Sum.Requirements[0].Value != 523 || len(r.Readings) != 1 || r.Readings[0].Source != "x/v2" {
			t.Errorf("%s", out[0].Event.Data)
		}
		if string(out[1].Event.Data) != `{"version":2}` {
			t.Errorf("no move: %s", out[1].Event.Data)
		}
	})
}
