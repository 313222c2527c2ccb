package store

import (
	"context"
	"testing"

	"github.com/pengikut/pengikut/influencer"
)

func TestLessons(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		want := func(p influencer.Platform, name, value string) {
			t.Helper()
			if got, err := db.Lesson(context.Background(), p, name); err != nil || got != value {
				t.Errorf("%s %s: %q, %v; want %q", p, name, got, err, value)
			}
		}
		want(influencer.X, "fields", "")
		for _, value := range []string{"post", "none"} {
			if err := db.KeepLesson(context.Background(), influencer.X, "fields", value); err != nil {
				t.Fatal(err)
			}
			want(influencer.X, "fields", value)
		}
		want(influencer.Instagram, "fields", "")
	})
}
