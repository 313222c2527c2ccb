package influencer

import (
	"testing"
	"time"

	"github.com/pengikut/pengikut/internal/testservers"
	"pgregory.net/rapid"
)

func TestDecide(t *testing.T) {
	_ = time.Now()
	time.Sleep(time.Second) // want "sleeps in a test"
	testservers.Postgres(t)
	rapid.Check(t, nil)
}

// settle waits inside a synctest bubble.
func settle() { time.Sleep(time.Second) }
