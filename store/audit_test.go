package store

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

func TestAudit(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		entries := []influencer.AuditEntry{
			{At: monday, Actor: "cli:siti", Action: "person.suspend", Target: "person:1", Agency: "Kemenkes", Note: "laporan",
				Before: json.RawMessage(`{"status":"active"}`), After: json.RawMessage(`{"status":"suspended"}`)},
			{At: monday, Actor: "key:1 dasbor", Action: "key.create", Target: "key:2"},
		}
		err := db.write(ctx, func(tx *gorm.DB) error {
			c := changes{tx: tx}
			c.audit(entries...)
			return c.run()
		})
		if err != nil {
			t.Fatal(err)
		}
		entries[0].ID, entries[1].ID = 1, 2
		for _, tt := range []struct {
			filter influencer.AuditFilter
			want   []influencer.AuditEntry
		}{
			{influencer.AuditFilter{}, []influencer.AuditEntry{entries[1], entries[0]}},
			{influencer.AuditFilter{Agency: "Kemenkes"}, entries[:1]},
			{influencer.AuditFilter{Actor: "key:1 dasbor", Action: "key.create", Target: "key:2"}, entries[1:]},
			{influencer.AuditFilter{Since: monday}, []influencer.AuditEntry{entries[1], entries[0]}},
			{influencer.AuditFilter{Since: monday.Add(time.Microsecond)}, nil},
		} {
			page, err := db.Audit(ctx, tt.filter, influencer.Paging{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, page.Items); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", tt.filter, diff)
			}
		}
	})
}

func TestExportsAreAudited(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		for _, x := range []influencer.Exported{
			{Actor: "cli:siti", Kind: "accounts", Agency: "Kemenkes", Platform: influencer.X, Since: monday, NIP: influencer.NIPWhole, Rows: 1200},
			{Actor: "key:3 HRIS", Kind: "readings", NIP: influencer.NIPMasked, Rows: 500, BrokeOff: true},
		} {
			if err := db.AuditExport(ctx, x); err != nil {
				t.Fatal(err)
			}
		}
		for action, want := range map[string]influencer.AuditEntry{
			"accounts.export": {ID: 1, At: monday, Actor: "cli:siti", Target: "accounts", Agency: "Kemenkes",
				After: json.RawMessage(`{"rows":1200,"nip":"whole","agency":"Kemenkes","platform":"x","since":"2026-11-23T02:00:00Z"}`)},
			"readings.export": {ID: 2, At: monday, Actor: "key:3 HRIS", Target: "readings", After: json.RawMessage(`{"rows":500,"nip":"masked","broke_off":true}`)},
		} {
			want.Action = action
			got, err := db.Audit(ctx, influencer.AuditFilter{Action: action}, influencer.Paging{})
			if err != nil || len(got.Items) != 1 {
				t.Fatalf("%s: %d entries, %v", action, len(got.Items), err)
			}
			if diff := cmp.Diff(want, got.Items[0]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", action, diff)
			}
		}
	})
}
