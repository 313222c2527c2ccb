package influencer

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/words.txt anew")

// TestWords holds every vector's explanation and sentences against a file that
// people can read through: what a person is told is part of the product.
func TestWords(t *testing.T) {
	vectors := readVectors(t)
	var b strings.Builder
	for _, name := range sortedKeys(vectors) {
		writeWords(t, &b, name, vectors[name])
	}
	const file = "testdata/words.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Errorf("words changed; read them and run the test with -update (-file +now):\n%s", diff)
	}
}

func writeWords(t *testing.T, b *strings.Builder, name string, v vector) {
	p, e := v.policy(t), v.evidence()
	p.Version = 1
	fmt.Fprintf(b, "== %s: %s\n", name, v.Title)
	d := Decision{At: at, PolicyVersion: 1, Evidence: e}
	if v.Act != nil {
		m, _ := actVector(t, v)
		d.From, d.To, d.Reason = m.From, m.To, m.Reason
	} else {
		verdict := Decide(p, e, at)
		for _, line := range Explain(p, verdict, e, at) {
			fmt.Fprintf(b, "%s\n    %s\n", line.English, line.Indonesian)
		}
		if verdict.Move == nil {
			return
		}
		d.From, d.To, d.Reason = verdict.Move.From, verdict.Move.To, verdict.Move.Reason
		d.Evidence = verdict.Used
	}
	fmt.Fprintf(b, "id: %s\nen: %s\n", Sentence(Indonesian, d, p), Sentence(English, d, p))
}

func sortedKeys(m map[string]vector) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func TestLang(t *testing.T) {
	t.Parallel()
	august := time.Date(2026, 8, 22, 17, 5, 0, 0, time.UTC) // the 23rd in Jakarta
	for _, c := range []struct{ got, want string }{
		{Indonesian.Number(1234567), "1.234.567"}, {English.Number(1234567), "1,234,567"},
		{Indonesian.Number(999), "999"}, {Indonesian.Number(-1000), "-1.000"}, {English.Number(0), "0"}, {English.Number(123456), "123,456"},
		{Indonesian.Date(august), "23 Agu 2026"}, {English.Date(august), "23 Aug 2026"},
		{Indonesian.DateTime(august), "23 Agu 2026 00.05 WIB"}, {English.DateTime(august), "23 Aug 2026 00:05 WIB"},
		{Indonesian.List([]string{"Instagram", "Facebook", "X"}), "Instagram, Facebook, dan X"},
		{English.List([]string{"Instagram", "X"}), "Instagram and X"}, {English.List(nil), ""},
		{Indonesian.Duration(30 * day), "30 hari"}, {English.Duration(90 * time.Minute), "1 hour 30 minutes"}, {English.Duration(0), "0 seconds"},
		{English.Duration(24*time.Hour + time.Second), "1 day 1 second"}, {Indonesian.Duration(0), "0 detik"},
		{Indonesian.Count(1234, Followers), "1.234 pengikut"}, {English.Count(1, Followers), "1 follower"},
		{Indonesian.Count(5, Friends), "5 teman"}, {English.Count(5, Friends), "5 friends"},
		{X.Title(), "X"}, {Instagram.Title(), "Instagram"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
