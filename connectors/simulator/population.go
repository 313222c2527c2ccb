package simulator

import (
	"math"
	"time"
)

// MaxPeople is the largest population. Above it the index would no longer fit
// the seven digits that a handle of at most 15 characters leaves.
const MaxPeople = 8_000_000

// Platform names one rehearsed platform. The values are those of people.csv.
type Platform string

// The rehearsed platforms.
const (
	X         Platform = "x"
	Instagram Platform = "instagram"
	Facebook  Platform = "facebook"
)

// Platforms returns every rehearsed platform.
func Platforms() []Platform { return []Platform{X, Instagram, Facebook} }

// Population is a country of invented civil servants. Nothing of it is stored:
// every answer is computed from the seed, the person's index and the time, so
// that a million people cost no memory and two runs with the same seed agree.
// It is safe for concurrent use.
type Population struct {
	seed   uint64
	people int
	start  time.Time
	speed  float64
	mix    Mix
	mul    uint64 // odd, so that it has an inverse modulo 1<<idBits
	inv    uint64
	add    uint64
}

// NewPopulation computes the population that a server with the same options
// shows. It panics when o.People exceeds MaxPeople.
func NewPopulation(o Options) *Population {
	o = o.withDefaults()
	if o.People > MaxPeople {
		panic("simulator: more people than MaxPeople")
	}
	p := &Population{seed: mix64(o.Seed), people: o.People, start: o.Start, speed: o.Speed, mix: *o.Mix}
	p.mul = p.hash(saltMul, 0) | 1
	p.inv = inverse(p.mul)
	p.add = p.hash(saltAdd, 0)
	return p
}

// Len returns the number of people; indexes run from 0 to Len()-1.
func (p *Population) Len() int { return p.people }

// days returns how many simulated days have passed at the visible time at.
func (p *Population) days(at time.Time) float64 {
	return at.Sub(p.start).Seconds() * p.speed / (24 * 60 * 60)
}

// visible is the inverse of days: the clock time at which a simulated day begins.
func (p *Population) visible(days float64) time.Time {
	return p.start.Add(time.Duration(days * 24 * float64(time.Hour) / p.speed))
}

// The salts keep the draws made for one index apart from each other.
const (
	saltMul uint64 = iota + 1
	saltAdd
	saltID
	saltName
	saltPerson
	saltState
	saltOnset
	saltCount
	saltWave
	saltActivity
	saltPost
	saltToken
	saltPermission
	saltFault
)

// hash draws 64 well-mixed bits for one index and one purpose.
func (p *Population) hash(salt uint64, index int) uint64 {
	return mix64(p.seed + salt*0x9e3779b97f4a7c15 + uint64(index)*0xd1342543de82ef95)
}

// on gives each platform its own draws.
func (p *Population) on(pf Platform, salt uint64, index int) uint64 {
	switch pf {
	case Instagram:
		salt += 1 << 16
	case Facebook:
		salt += 2 << 16
	}
	return p.hash(salt, index)
}

// mix64 is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
func mix64(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// unit turns 16 of the bits of h into a number in [0,1); part 0 to 3 says which.
func unit(h uint64, part uint) float64 {
	return float64(h>>(16*part)&0xffff) / (1 << 16)
}

// fine turns all the bits of h into a number in [0,1).
func fine(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// bell turns h into a number that is close to standard normal, within ±3.5.
func bell(h uint64) float64 {
	return (unit(h, 0) + unit(h, 1) + unit(h, 2) + unit(h, 3) - 2) * math.Sqrt(3)
}
