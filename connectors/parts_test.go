package connectors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pengikut/pengikut/influencer"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{}`: "unknown", `{"n":null}`: "unknown", `{"n":0}`: "0", `{"n":583423}`: "583423",
		`{"n":-1}`: "bad", `{"n":"12"}`: "bad", `{"n":1.5}`: "bad", `{"n":1e3}`: "bad", `{"n":true}`: "bad",
		`{"n":{}}`: "bad", `{"n":[1]}`: "bad", `{"n":9223372036854775808}`: "bad", `{"n":9223372036854775807}`: "9223372036854775807",
	} {
		var v struct{ N Count }
		if err := json.Unmarshal([]byte(in), &v); err != nil {
			t.Fatalf("%s: %v", in, err)
		}
		got := "unknown"
		if v.N.N != nil {
			got = fmt.Sprint(*v.N.N)
		} else if v.N.Bad {
			got = "bad"
		}
		if got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
		if n, f := v.N.Need("n"); (n == nil) == (f == nil) {
			t.Errorf("%s: Need gives %v and %v", in, n, f)
		}
	}
}

func TestOddRecordsDoNotSpoilTheOthers(t *testing.T) {
	t.Parallel()
	var rows []Record[struct {
		ID   Text
		Flag Flag
	}]
	in := `[{"ID":"1","Flag":true},{"ID":2,"Flag":"true"},null,7,{"ID":{}},{"ID":1.5}]`
	if err := json.Unmarshal([]byte(in), &rows); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(rows); got != "[{{1 true} true} {{2 false} true} {{ false} false} {{ false} false} {{ false} true} {{ false} true}]" {
		t.Error(got)
	}
}

func TestParseLimits(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	for k, v := range map[string]string{
		"x-rate-limit-limit": "300", "x-rate-limit-remaining": "299", "x-rate-limit-reset": fmt.Sprint(noon.Add(time.Minute).Unix()),
		"x-user-limit-24hour-remaining": "7", "x-user-limit-24hour-reset": fmt.Sprint(noon.Add(time.Hour).Unix()),
		"X-App-Usage": `{"call_count":28,"total_time":25,"total_cputime":101}`,
		"X-Business-Use-Case-Usage": `{"1":[{"type":"pages","call_count":12,"total_cputime":9,"total_time":3,"estimated_time_to_regain_access":0}],
			"2":[{"type":"instagram","call_count":100,"estimated_time_to_regain_access":150}]}`,
	} {
		h.Set(k, v)
	}
	var got []string
	for _, l := range ParseLimits(h, noon) {
		got = append(got, fmt.Sprintf("%s %v %d/%d %v", l.Name, l.Wide, l.Remaining, l.Limit, l.Reset.Sub(noon)))
	}
	want := []string{"window false 299/300 1m0s", "user-24h true 7/0 1h0m0s", "app-usage true 0/100 5m0s", "business-usage true 0/100 2h30m0s"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, bad := range []string{"x", `{"1":[{"call_count":"95"}]}`, `[]`} {
		if l := ParseLimits(http.Header{"X-Business-Use-Case-Usage": {bad}}, noon); len(l) != 0 {
			t.Errorf("%s became %v", bad, l)
		}
	}
}

func TestLocalGateNeverPassesALimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		g := NewLocalGate(func() time.Time { return now })
		limit := rapid.IntRange(1, 20).Draw(t, "limit")
		used, reset := 0, time.Time{}
		ask := Ask{Key: Key{Platform: "x", Credential: "c", Endpoint: "users"}, Cost: 1}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "pause")) * time.Second)
			until, err := g.Take(context.Background(), ask)
			if err != nil {
				t.Fatal(err)
			}
			if !until.IsZero() {
				if used < limit || !until.Equal(reset) {
					t.Fatalf("closed until %v with %d of %d used, reset %v", until, used, limit, reset)
				}
				continue
			}
			if !now.Before(reset) {
				used, reset = 0, now.Add(15*time.Minute)
			}
			if used++; used > limit {
				t.Fatalf("call %d in a window of %d", used, limit)
			}
			g.Learn(context.Background(), ask.Key, []Limit{{Name: "window", Limit: int64(limit), Remaining: int64(limit - used), Reset: reset}})
		}
	})
}

func TestWideLimitsCloseEveryEndpointOfOneCredential(t *testing.T) {
	t.Parallel()
	g := NewLocalGate(func() time.Time { return noon })
	key := Key{Platform: "x", Credential: "c", Endpoint: "users"}
	g.Learn(t.Context(), key, []Limit{{Name: "app-24h", Wide: true, Reset: noon.Add(time.Hour)}})
	for _, tc := range []struct {
		key  Key
		open bool
	}{
		{key, false},
		{Key{"x", "c", "users/by"}, false},
		{Key{"x", "d", "users"}, true},
		{Key{"instagram", "c", "users"}, true},
	} {
		until, err := g.Take(t.Context(), Ask{Key: tc.key})
		if err != nil || until.IsZero() != tc.open {
			t.Errorf("%v: until %v, err %v, want open %v", tc.key, until, err, tc.open)
		}
	}
}

func byHandle(t influencer.Target) (string, *influencer.Failure) {
	if t.Handle == "" {
		return "", Failf(influencer.Unreadable, "", "no handle")
	}
	return t.Handle, nil
}

func seen(n int64) influencer.Observation {
	return influencer.Observation{Counts: influencer.Counts{Followers: &n}}
}

// TestSheetKeepsThePromise throws answers in any order at a sheet.
func TestSheetKeepsThePromise(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var targets []influencer.Target
		for i := range rapid.IntRange(1, 30).Draw(t, "targets") {
			h := rapid.SampledFrom([]string{"", "Budi", "budi", "siti", "agus", "rina"}).Draw(t, "handle")
			targets = append(targets, influencer.Target{AccountID: int64(i + 1), Handle: h})
		}
		s := NewSheet("test", targets, byHandle)
		for range rapid.IntRange(0, 20).Draw(t, "answers") {
			key := rapid.SampledFrom([]string{"BUDI", "siti", "stranger", "RINA"}).Draw(t, "key")
			if rapid.Bool().Draw(t, "fails") {
				s.Fail(key, Failf(influencer.Gone, "", "gone"))
			} else {
				s.Answer(key, seen(rapid.Int64Range(0, 2).Draw(t, "n")))
			}
		}
		obs, err := s.Close(nil)
		if err != nil {
			if obs != nil {
				t.Fatal("observations beside an error")
			}
			return
		}
		for i, o := range obs {
			if o.AccountID != targets[i].AccountID || o.Source != "test" {
				t.Fatalf("observation %d is %+v", i, o)
			}
			if (o.Counts.Followers == nil) == (o.Failure == nil) {
				t.Fatalf("observation %d has counts %v and failure %v", i, o.Counts, o.Failure)
			}
		}
		if len(obs) != len(targets) {
			t.Fatalf("%d observations of %d targets", len(obs), len(targets))
		}
	})
}

func TestSheetDisagreement(t *testing.T) {
	t.Parallel()
	s := NewSheet("t", []influencer.Target{{AccountID: 1, Handle: "a"}, {AccountID: 2, Handle: "b"}}, byHandle)
	s.Answer("A", seen(500))
	s.Answer("a", seen(500)) // the same again: dropped
	s.Answer("b", seen(500))
	s.Answer("B", seen(3)) // one of the two is false
	obs, err := s.Close(nil)
	if err != nil || obs[0].Failure != nil || obs[1].Failure == nil || obs[1].Failure.Kind != influencer.Malformed {
		t.Errorf("%+v, %v", obs, err)
	}
}

func TestSheetKeepsWhatWasPaidFor(t *testing.T) {
	t.Parallel()
	targets := []influencer.Target{{AccountID: 1, Handle: "a"}, {AccountID: 2, Handle: "b"}}
	dead := Failf(influencer.CredentialDead, "401", "dead")
	s := NewSheet("t", targets, byHandle)
	if obs, err := s.Close(dead); obs != nil || !errors.Is(err, dead) {
		t.Errorf("nothing was read: %v, %v", obs, err)
	}
	s = NewSheet("t", targets, byHandle)
	s.Answer("a", seen(1))
	obs, err := s.Close(dead)
	if err != nil || obs[0].Failure != nil {
		t.Fatalf("%+v, %v", obs, err)
	}
	// The app's dead credential must not be written on the person's account.
	if _, moves := obs[1].Failure.Kind.State(); moves {
		t.Errorf("the rest has %v, which moves the account's state", obs[1].Failure)
	}
}

func TestDivide(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		items, most int
		bad         []int
		unsettled   bool
	}{
		"none":                 {items: 100, most: 1},
		"first":                {items: 100, most: 15, bad: []int{0}},
		"last":                 {items: 100, most: 15, bad: []int{99}},
		"two":                  {items: 100, most: 27, bad: []int{20, 80}},
		"neighbours":           {items: 50, most: 21, bad: []int{24, 25}},
		"one alone":            {items: 1, most: 1, bad: []int{0}},
		"more than it's worth": {items: 100, most: divideMost, bad: []int{5, 15, 25, 35, 45, 55, 65, 75, 85, 95}, unsettled: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items, calls := make([]int, tc.items), 0
			for i := range items {
				items[i] = i
			}
			good, alone := map[int]bool{}, []int{}
			err := Divide(t.Context(), items, func(_ context.Context, part []int) error {
				calls++
				for _, n := range part {
					if slices.Contains(tc.bad, n) {
						return fmt.Errorf("refused: %w", ErrPoison)
					}
				}
				for _, n := range part {
					good[n] = true
				}
				return nil
			}, func(n int, _ error, proven bool) {
				alone = append(alone, n)
				if proven != (tc.items > 1) {
					t.Errorf("item %d: proven %v", n, proven)
				}
			})
			if tc.unsettled != (err != nil) || calls > tc.most {
				t.Fatalf("err %v after %d calls, want at most %d", err, calls, tc.most)
			}
			slices.Sort(alone)
			if !tc.unsettled && (!slices.Equal(alone, tc.bad) && len(tc.bad) > 0 || len(good)+len(tc.bad) != tc.items) {
				t.Errorf("bad ones %v, want %v; %d good", alone, tc.bad, len(good))
			}
		})
	}
}

func TestDivideBlamesNobodyWhenEverythingIsRefused(t *testing.T) {
	t.Parallel()
	calls := 0
	err := Divide(t.Context(), make([]int, 100), func(context.Context, []int) error {
		calls++
		return ErrPoison
	}, func(int, error, bool) { t.Error("an item was blamed") })
	if !errors.Is(err, ErrPoison) || calls > divideBlind {
		t.Errorf("err %v after %d calls", err, calls)
	}
}

func TestScrub(t *testing.T) {
	t.Parallel()
	long := "EAABsbCS1iHgBAKZC8ZBq9fZCZAwZDZD0123456789abcdefGHIJ"
	for in, want := range map[string]string{
		"Malformed access token " + long:                            "Malformed access token ********",
		"see https://h/p?access_token=abcdef12345&x=1":              "see https://h/p?********&x=1",
		"User has been suspended: [budi_000013].":                   "User has been suspended: [budi_000013].",
		"two\nlines\tand \x1b[31mred":                               "two lines and [31mred",
		"secret hush here":                                          "secret ******** here",
		"Tried accessing nonexisting field (follows_count) on node": "Tried accessing nonexisting field (follows_count) on node",
	} {
		if got := Scrub(in, "hush"); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	if got := Scrub(strings.Repeat("ab ", 500)); len(got) > maxDetail+3 {
		t.Errorf("%d characters", len(got))
	}
}
