package influencer

import (
	"strings"
	"testing"
)

func TestTripSentencesCount(t *testing.T) {
	t.Parallel()
	for want, trip := range map[string]Trip{
		": 1 person was to lose the status at once, where 0 of 1 is allowed.":       {Losses: 1, Holders: 1},
		": 2 people were to lose the status at once, where 1 of 20 is allowed.":     {Losses: 2, Holders: 20, Allowed: 1},
		": 273 people were to lose the status at once, where 50 of 1,000 are allow": {Losses: 273, Holders: 1000, Allowed: 50},
	} {
		if got := trip.Sentences(); !strings.Contains(got.English, want) {
			t.Errorf("%q does not say %q", got.English, want)
		}
	}
	if got := (Trip{Losses: 1, Holders: 1}).Sentences().Indonesian; !strings.HasSuffix(got, ": 1 orang akan kehilangan status sekaligus, padahal batasnya 0 dari 1. Belum ada status yang dicabut; keputusan ada pada admin.") {
		t.Error(got)
	}
}
