package store

import (
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// addReceipts gives events of moves the receipt of their decision, as the member
// receipt. It is made of the decision's own evidence when the event leaves, always
// the same, so that the outbox does not keep it once more.
func (s *Store) addReceipts(tx *gorm.DB, out []influencer.Outgoing) error {
	at := make(map[int64]int, len(out))
	ids := make([]int64, 0, len(out))
	for i := range out {
		if e := out[i].Event; e.PersonID != 0 {
			at[e.ID], ids = i, append(ids, e.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	receipts, err := s.receiptsOf(tx, ids)
	if err != nil {
		return fmt.Errorf("receipts: %w", err)
	}
	for id, r := range receipts {
		e := &out[at[id]].Event
		if e.Data, err = withReceipt(e.Data, r); err != nil {
			return fmt.Errorf("receipts: event %d: %w", id, err)
		}
	}
	return nil
}

// receiptsOf finds the decisions of events: those of the same person, moment and
// move.
func (s *Store) receiptsOf(tx *gorm.DB, events []int64) (map[int64]influencer.Receipt, error) {
	rows, err := tx.Raw(`SELECT `+decisionColumns+`, o.id FROM outbox o JOIN decisions d ON d.person_id = o.person_id AND d.at = o.created_at
			AND d.from_status = o.payload ->> 'from' AND d.to_status = o.payload ->> 'to'
		WHERE o.id ?`, anyOf(tx, events)).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[int64]influencer.Decision{}
	for rows.Next() {
		var d influencer.Decision
		var event int64
		if err := scanDecision(rows, &d, &event); err != nil {
			return nil, err
		}
		found[event] = d
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	out := make(map[int64]influencer.Receipt, len(found))
	for event, d := range found {
		p, err := s.policyOf(tx, d.PolicyVersion)
		if err != nil {
			return nil, err
		}
		out[event] = influencer.NewReceipt(d, p)
	}
	return out, nil
}

func withReceipt(data json.RawMessage, r influencer.Receipt) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	err := json.Unmarshal(data, &members)
	if err == nil {
		members["receipt"], err = json.Marshal(r)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(members)
}
