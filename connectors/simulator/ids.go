package simulator

import (
	"strconv"
	"strings"
	"time"
)

// An index is scattered over 24 bits by a multiplication that can be undone,
// so that neighbours get ids far apart and an id leads back to its index
// without a table.
const (
	idBits = 24
	idMask = 1<<idBits - 1
)

func (p *Population) scatter(index int) uint64 { return (uint64(index)*p.mul + p.add) & idMask }
func (p *Population) gather(v uint64) int      { return int((v - p.add) * p.inv & idMask) }

// inverse returns the inverse of the odd number a modulo 1<<64, by Newton's method.
func inverse(a uint64) uint64 {
	x := a
	for range 6 {
		x *= 2 - a*x
	}
	return x
}

// snowflakeEpoch is the zero of X's snowflake ids in Unix milliseconds; the
// upper 42 bits of an id count milliseconds since then (twitter-archive/snowflake).
const snowflakeEpoch = 1288834974657

const (
	// X's newer accounts carry snowflake ids. Ours are spread over the eight
	// years from March 2016 on, 15 seconds apart.
	xFirst = 1456790400000 - snowflakeEpoch
	xStep  = 15_000
	// One in eight is an old account with a short number that is no snowflake.
	xOldFirst = 20_000_000
	xOldStep  = 170
	// Ids of professional Instagram accounts and of Facebook users have 17 digits.
	igFirst = 17841401000000000
	fbFirst = 10152000000000000
	fbStep  = 1000
)

// ID returns the platform's own id of a person's account.
func (p *Population) ID(pf Platform, index int) uint64 {
	v, h := p.scatter(index), p.on(pf, saltID, index)
	switch pf {
	case Instagram:
		return igFirst + v*fbStep + h%fbStep
	case Facebook:
		return fbFirst + v*fbStep + h%fbStep
	}
	if h&7 == 0 {
		return xOldFirst + v*xOldStep + (h>>8)%xOldStep
	}
	return (xFirst+v*xStep+(h>>40)%xStep)<<22 | h>>8&(1<<22-1)
}

// indexOf undoes ID. Indexes beyond the population are returned too: they are
// the strangers who took over a handle.
func (p *Population) indexOf(pf Platform, id uint64) (int, bool) {
	v := uint64(idMask + 1)
	switch {
	case pf == Instagram && id >= igFirst:
		v = (id - igFirst) / fbStep
	case pf == Facebook && id >= fbFirst:
		v = (id - fbFirst) / fbStep
	case pf == X && id < 1<<40 && id >= xOldFirst:
		v = (id - xOldFirst) / xOldStep
	case pf == X && id>>22 >= xFirst:
		v = (id>>22 - xFirst) / xStep
	}
	if v > idMask {
		return 0, false
	}
	index := p.gather(v)
	return index, p.ID(pf, index) == id
}

// created returns when an X account was opened.
func (p *Population) created(index int) time.Time {
	if id := p.ID(X, index); id >= 1<<40 {
		return time.UnixMilli(int64(id>>22) + snowflakeEpoch).UTC()
	}
	return time.Unix(1199145600+int64(p.scatter(index))*5, 0).UTC()
}

// Handle returns the handle that people.csv names: at most seven letters of
// the first name, a separator and the index. A renamed account has lost it.
func (p *Population) Handle(pf Platform, index int) string {
	return p.handle(pf, index, false)
}

func (p *Population) handle(pf Platform, index int, renamed bool) string {
	b := make([]byte, 0, 15)
	b = append(b, p.stem(index)...)
	if !renamed {
		b = append(b, separator(pf))
	}
	digits := strconv.AppendInt(make([]byte, 0, 8), int64(index), 10)
	for range 6 - len(digits) {
		b = append(b, '0')
	}
	return string(append(b, digits...))
}

func separator(pf Platform) byte {
	if pf == Facebook {
		return '.'
	}
	return '_'
}

// parseHandle undoes handle, in any case of letters.
func (p *Population) parseHandle(pf Platform, h string) (index int, renamed, ok bool) {
	cut := len(h)
	for cut > 0 && h[cut-1] >= '0' && h[cut-1] <= '9' {
		cut--
	}
	index, err := strconv.Atoi(h[cut:])
	if err != nil || index >= p.people {
		return 0, false, false
	}
	renamed = cut == 0 || h[cut-1] != separator(pf)
	return index, renamed, strings.EqualFold(h, p.handle(pf, index, renamed))
}
