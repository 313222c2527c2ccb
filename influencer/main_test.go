package influencer

import (
	"flag"
	"os"
	"testing"

	"github.com/pengikut/pengikut/internal/thorough"
)

// TestMain has every property tried 10,000 times, 1,000 with -short or under the
// race detector, or as often as -rapid.checks says when it is given. make test runs
// this package without the detector as well: deciding starts no goroutine.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	checks := "10000"
	if testing.Short() || thorough.Race() {
		checks = "1000"
	}
	if !given {
		if err := flag.Set("rapid.checks", checks); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
