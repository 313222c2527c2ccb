package simulator

import (
	"fmt"
	"iter"
	"time"
)

// Person is one invented civil servant.
type Person struct {
	Index              int
	NIP                string // 18 digits, valid and unlike any other person's
	Name, Agency, Unit string
}

// Person returns the civil servant at index.
func (p *Population) Person(index int) Person {
	h := p.hash(saltPerson, index)
	// The square makes the first agencies the largest, as in life.
	a := unit(h, 2) * unit(h, 2)
	return Person{
		Index: index, NIP: p.nip(index), Name: p.Name(index),
		Agency: agencies[int(a*float64(len(agencies)))],
		Unit:   units[unit16(h, 3)%len(units)],
	}
}

// People yields the first n people in the order of their indexes.
func (p *Population) People(n int) iter.Seq[Person] {
	return func(yield func(Person) bool) {
		for i := range min(n, p.people) {
			if !yield(p.Person(i)) {
				return
			}
		}
	}
}

// birthDays is the number of birthdays in use, from January 1967 on. With one
// serial number per round it has room for 12,000 × 999 people.
const birthDays = 12_000

// nip builds an employee number. PNS numbers are birth date, year and month of
// appointment, sex and serial (Perka BKN 22/2007). PPPK numbers, about 36 % of
// the civil service at the end of 2025, carry a 2x marker where the month would be.
// Birthday and serial together are different for every index.
func (p *Population) nip(index int) string {
	h := p.hash(saltPerson, index)
	born := time.Date(1967, 1, 1+index%birthDays*7919%birthDays, 0, 0, 0, 0, time.UTC)
	serial := 1 + index/birthDays
	sex := 1
	if p.woman(index) {
		sex = 2
	}
	year, group := min(born.Year()+20+int(h%15), 2025), 1+int(h>>8%12)
	if unit(h, 1) < 0.36 {
		year = max(2019+int(h%7), born.Year()+20)
		group = 21
		if h>>12&7 == 0 {
			group = 22
		}
	}
	return fmt.Sprintf("%s%04d%02d%d%03d", born.Format("20060102"), year, group, sex, serial)
}
