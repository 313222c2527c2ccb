package connectors

import (
	"cmp"
	"context"
	"errors"
)

// ErrPoison marks a call that was refused because of one of its items, though
// the platform did not say which.
var ErrPoison = errors.New("one item spoils the call")

const (
	// divideMost bounds the calls that one batch may cost. One bad item among
	// 100 takes at most 15: the batch, and two for each halving.
	divideMost = 32
	// divideBlind is how many calls may be refused before one succeeds. A bad
	// item leaves good halves beside it, at the latest its last neighbour; when
	// everything is refused, the items are not to blame.
	divideBlind = 12
)

// Divide asks for items all at once and, while a call fails with [ErrPoison],
// in halves, until the bad ones stand alone. Each of those is handed to alone
// with its refusal, and with whether other items did well, which proves that it
// is to blame. Any other error ends it and is returned. When the calls run out, or
// several items were asked and no call succeeded, the last refusal is returned:
// nothing is proven then, and no item is handed to alone.
func Divide[T any](ctx context.Context, items []T, ask func(context.Context, []T) error, alone func(item T, refusal error, proven bool)) error {
	d := division[T]{parts: [][]T{items}}
	err := d.run(ctx, ask)
	if len(items) > 1 && d.good == 0 {
		return cmp.Or(err, d.last)
	}
	for _, b := range d.bad {
		alone(b.item, b.refusal, d.good > 0)
	}
	return err
}

type division[T any] struct {
	parts       [][]T // still to ask, the next one last
	calls, good int
	last        error // the newest refusal
	bad         []badItem[T]
}

type badItem[T any] struct {
	item    T
	refusal error
}

func (d *division[T]) run(ctx context.Context, ask func(context.Context, []T) error) error {
	for len(d.parts) > 0 {
		if d.calls >= divideMost || d.good == 0 && d.calls >= divideBlind {
			return d.last
		}
		part := d.parts[len(d.parts)-1]
		d.parts = d.parts[:len(d.parts)-1]
		d.calls++
		err := ask(ctx, part)
		if err != nil && !errors.Is(err, ErrPoison) {
			return err
		}
		d.settle(part, err)
	}
	return nil
}

func (d *division[T]) settle(part []T, refusal error) {
	if refusal == nil {
		d.good++
		return
	}
	d.last = refusal
	if len(part) == 1 {
		d.bad = append(d.bad, badItem[T]{part[0], refusal})
		return
	}
	half := len(part) / 2
	d.parts = append(d.parts, part[half:], part[:half])
}
