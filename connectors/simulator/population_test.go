package simulator

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func country(people int, m *Mix) *Population {
	return NewPopulation(Options{Seed: 7, People: people, Mix: m, Now: func() time.Time { return noon }, Speed: 24})
}

func TestIDsLeadBackToTheirIndex(t *testing.T) {
	t.Parallel()
	p := country(MaxPeople, nil)
	for _, pf := range Platforms() {
		seen := map[uint64]int{}
		for i := 0; i < MaxPeople; i += 997 {
			id := p.ID(pf, i)
			if other, dup := seen[id]; dup {
				t.Fatalf("%s: index %d and %d share id %d", pf, other, i, id)
			}
			seen[id] = i
			if got, ok := p.indexOf(pf, id); !ok || got != i {
				t.Fatalf("%s: indexOf(ID(%d)) = %d, %v", pf, i, got, ok)
			}
			if got, ok := p.indexOf(pf, id+1); ok && got == i {
				t.Fatalf("%s: id %d also leads to %d", pf, id+1, i)
			}
		}
	}
}

func TestXIDsLookLikeX(t *testing.T) {
	t.Parallel()
	p := country(100_000, nil)
	old := 0
	for i := range p.Len() {
		id, made := p.ID(X, i), p.created(i)
		if !validID(strconv.FormatUint(id, 10)) || made.After(noon) || made.Year() < 2008 {
			t.Fatalf("index %d: id %d, created %v", i, id, made)
		}
		if id < 1<<40 {
			old++
		}
	}
	if old < 10_000 || old > 15_000 {
		t.Errorf("%d of 100,000 have short ids, want about one in eight", old)
	}
}

func TestHandlesLeadBackToTheirIndex(t *testing.T) {
	t.Parallel()
	p := country(MaxPeople, nil)
	for _, pf := range Platforms() {
		for i := 0; i < MaxPeople; i += 1009 {
			for _, renamed := range []bool{false, true} {
				h := p.handle(pf, i, renamed)
				if pf == X && !validUsername(h) {
					t.Fatalf("X would refuse handle %q", h)
				}
				index, r, ok := p.parseHandle(pf, strings.ToUpper(h))
				if !ok || index != i || r != renamed {
					t.Fatalf("parseHandle(%q) = %d, %v, %v; want %d, %v", h, index, r, ok, i, renamed)
				}
			}
		}
	}
}

func TestHandlesThatAreNobodys(t *testing.T) {
	t.Parallel()
	p := country(100, nil)
	other := "agus_000042"
	if p.Handle(X, 42) == other {
		other = "siti_000042"
	}
	for _, h := range []string{"", "x", "_", "000042", other, p.stem(5) + "_5", p.stem(100) + "_000100",
		p.stem(5) + "_99999999999999999999", p.stem(5) + "-000005"} {
		if i, _, ok := p.parseHandle(X, h); ok {
			t.Errorf("parseHandle(%q) = %d, want nobody", h, i)
		}
	}
}

func TestProfilesAreAPureFunction(t *testing.T) {
	t.Parallel()
	a, b := country(1000, nil), country(1000, nil)
	other := NewPopulation(Options{Seed: 8, People: 1000, Now: func() time.Time { return noon }})
	differ := 0
	for i := range 1000 {
		at := noon.Add(time.Duration(i) * time.Hour)
		for _, pf := range Platforms() {
			if x, y := a.Profile(pf, i, at), b.Profile(pf, i, at); x != y {
				t.Fatalf("%+v != %+v", x, y)
			}
		}
		if other.ID(X, i) != a.ID(X, i) {
			differ++
		}
	}
	if differ < 990 {
		t.Errorf("another seed changed only %d of 1000 ids", differ)
	}
}

// TestCountsCrossTheLine asks for a population in which the line of 500 is
// crossed both ways, and in which no honest change looks like a suspect one.
func TestCountsCrossTheLine(t *testing.T) {
	t.Parallel()
	p := country(2000, &Mix{})
	up, down, above := 0, 0, 0
	for i := range p.Len() {
		before := p.Profile(X, i, noon).Followers
		for day := range 60 {
			now := p.Profile(X, i, noon.Add(time.Duration(day)*time.Hour)).Followers
			if now < 0 || 2*now < before {
				t.Fatalf("index %d fell from %d to %d", i, before, now)
			}
			if before < 500 && now >= 500 {
				up++
			}
			if before >= 500 && now < 500 {
				down++
			}
			before = now
		}
		if before >= 500 {
			above++
		}
	}
	if up < 200 || down < 200 {
		t.Errorf("%d rises and %d falls through 500 by 2000 people in 60 days, want at least 200 each", up, down)
	}
	if above < 500 || above > 1500 {
		t.Errorf("%d of 2000 are above 500, want a good share on both sides", above)
	}
}

func TestNoPostLiesInTheFuture(t *testing.T) {
	t.Parallel()
	p := country(3000, nil)
	var never, quiet, recent int
	for i := range p.Len() {
		last := time.Time{}
		for h := 0; h < 100; h += 7 {
			at := noon.Add(time.Duration(h) * time.Hour)
			f := p.Profile(X, i, at)
			if f.LastPost.After(at) || f.LastPost.Before(last) {
				t.Fatalf("index %d: newest post %v at %v, before %v", i, f.LastPost, at, last)
			}
			last = f.LastPost
		}
		switch {
		case last.IsZero():
			never++
		case noon.Sub(last) > 30*24*time.Hour:
			quiet++
		default:
			recent++
		}
	}
	if never < 20 || quiet < 50 || recent < 2500 {
		t.Errorf("never %d, quiet %d, recent %d of 3000", never, quiet, recent)
	}
}

func TestMixIsKept(t *testing.T) {
	t.Parallel()
	p := country(20_000, nil)
	start, later := map[State]int{}, map[State]int{}
	for i := range p.Len() {
		start[p.Profile(Instagram, i, noon).State]++
		later[p.Profile(Instagram, i, noon.Add(70*time.Hour)).State]++ // 70 simulated days
	}
	if n := later[Personal]; n < 1000 || n > 1400 {
		t.Errorf("%d personal accounts of 20,000, want about 1,200", n)
	}
	for _, st := range []State{Deleted, Renamed, TakenOver} {
		if start[st] == 0 || later[st] < start[st]*3/2 {
			t.Errorf("%s: %d at first, %d later; want them to grow", st, start[st], later[st])
		}
	}
	if later[Protected] != 0 {
		t.Error("Instagram has no protected accounts here")
	}
}

func TestNIPsAreValidAndUnique(t *testing.T) {
	t.Parallel()
	p := country(60_000, nil)
	seen, pppk := map[string]bool{}, 0
	for person := range p.People(p.Len()) {
		kind, err := nipKind(person.NIP)
		if err != nil {
			t.Fatalf("%s: %v", person.NIP, err)
		}
		if kind == "PPPK" {
			pppk++
		}
		if seen[person.NIP] {
			t.Fatalf("%s twice", person.NIP)
		}
		seen[person.NIP] = true
		if person.Name == "" || person.Agency == "" || person.Unit == "" {
			t.Fatalf("thin person %+v", person)
		}
	}
	if pppk < 20_000 || pppk > 23_000 {
		t.Errorf("%d PPPK of 60,000, want about 36 %%", pppk)
	}
}

// nipKind reads a number by the published rules alone: 8 digits of birth
// date, 6 of appointment (a month from 01 to 12 for PNS, 2x for PPPK), sex, serial.
func nipKind(nip string) (string, error) {
	if len(nip) != 18 || strings.Trim(nip, "0123456789") != "" {
		return "", fmt.Errorf("not 18 digits")
	}
	born, err := time.Parse("20060102", nip[:8])
	if err != nil {
		return "", err
	}
	year, _ := strconv.Atoi(nip[8:12])
	if year < born.Year()+18 || year > 2026 {
		return "", fmt.Errorf("appointed in %d, born in %d", year, born.Year())
	}
	if nip[14] != '1' && nip[14] != '2' || nip[15:] == "000" {
		return "", fmt.Errorf("bad sex or serial")
	}
	month, _ := strconv.Atoi(nip[12:14])
	if month >= 1 && month <= 12 {
		return "PNS", nil
	}
	if month >= 21 && month <= 29 {
		return "PPPK", nil
	}
	return "", fmt.Errorf("bad month")
}

func TestWriteCSV(t *testing.T) {
	t.Parallel()
	p := country(50, nil)
	var out bytes.Buffer
	if err := p.WriteCSV(&out, 50, X, Facebook); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 101 || strings.Join(rows[0], ",") != "nip,name,agency,unit,platform,handle,external_id" {
		t.Fatalf("%d rows, header %v", len(rows), rows[0])
	}
	who := p.Person(1)
	want := [][]string{
		{who.NIP, who.Name, who.Agency, who.Unit, "x", p.Handle(X, 1), ""},
		{who.NIP, who.Name, who.Agency, who.Unit, "facebook", p.Handle(Facebook, 1), fmt.Sprint(p.ID(Facebook, 1))},
	}
	for i, w := range want {
		if strings.Join(rows[3+i], "|") != strings.Join(w, "|") {
			t.Errorf("row %v, want %v", rows[3+i], w)
		}
	}
}
