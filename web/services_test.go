package web

import (
	"fmt"
	"strings"
	"testing"
)

// TestServicesThatLackAnother: a service that is put together wrongly does not start.
func TestServicesThatLackAnother(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Services{
		"Acts needs People":    {Acts: &notebook{}},
		"Reasons needs People": {Reasons: &twoPeople{}},
		"Exports needs Rule":   {Exports: &exportable{}},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if said := fmt.Sprint(recover()); !strings.Contains(said, want) {
					t.Errorf("said %q", said)
				}
			}()
			New(Options{Keys: someKeys{}, Services: s})
		})
	}
}
