package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// actService carries out what an admin orders.
type actService interface {
	// Acts carries out what it can, and tells of each order what became of it, in
	// their order. After an error the results tell what stays.
	Acts(ctx context.Context, orders []influencer.Order, dryRun bool) ([]influencer.ActResult, error)
}

func (a *app) acts() ways[actService] {
	return ways[actService]{existing, func(h *house) actService { return localActs{h, a.actor()} }, func(r *remote) actService { return remoteActs{r, a.now, waitFor} }}
}

// localActs works on the database itself.
type localActs struct {
	*house
	by string
}

// Acts carries out what it can.
func (l localActs) Acts(ctx context.Context, orders []influencer.Order, dryRun bool) ([]influencer.ActResult, error) {
	return l.store.Acts(ctx, orders, influencer.Orderer{Actor: l.by}, l.now(), dryRun)
}

const (
	// actsAtOnce is how many orders go in one request: as many as the service carries
	// out in one transaction, so that an error leaves all of a request done or none.
	actsAtOnce = 500
	// actsPatience is how long a request is put off at most by a service that gets
	// too many.
	actsPatience = 5 * time.Minute
)

// remoteActs asks a service elsewhere.
type remoteActs struct {
	*remote
	now  func() time.Time
	wait func(context.Context, time.Duration) error
}

// waitFor waits, unless ctx ends before.
func waitFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Acts carries out what it can, some at a time. The service looks only at what it
// gets at once, so that who was named in a request before is found here.
func (r remoteActs) Acts(ctx context.Context, orders []influencer.Order, dryRun bool) ([]influencer.ActResult, error) {
	out := make([]influencer.ActResult, 0, len(orders))
	taken := map[influencer.NIP]influencer.ActResult{}
	for len(orders) > 0 {
		some := orders[:min(len(orders), actsAtOnce)]
		done, err := r.some(ctx, some, taken, dryRun)
		if err != nil {
			if !dryRun {
				err = cutShort(err, some, len(orders)-len(some))
			}
			return out, err
		}
		out, orders = append(out, done...), orders[len(some):]
		for _, one := range done {
			if one.Outcome == influencer.ActDone {
				taken[one.Order.NIP] = one
			}
		}
	}
	return out, nil
}

// cutShort tells which lines of a file an error leaves open, and how many after
// them were never sent.
func cutShort(err error, some []influencer.Order, unsent int) error {
	first, last := some[0].Line, some[len(some)-1].Line
	if first == 0 { // no file
		return err
	}
	said := fmt.Sprintf("lines %d to %d", first, last)
	if first == last {
		said = fmt.Sprintf("line %d", first)
	}
	if notTaken(err) {
		said = "nothing of " + said + " was done"
	} else {
		said = "it is not known whether " + said + " of the file were done, all or none"
	}
	if unsent > 0 {
		said += ", and " + plural(unsent, "row was", "rows were") + " never sent"
	}
	return fmt.Errorf("%s: %w", said, err)
}

// notTaken is whether an error says for sure that a service did nothing.
func notTaken(err error) bool {
	if said, ok := errors.AsType[*remoteError](err); ok {
		return said.status < http.StatusInternalServerError
	}
	broke, ok := errors.AsType[*net.OpError](err)
	return ok && broke.Op == "dial"
}

// some carries out as many as fit in one request. An order that is not whole is
// not sent: the service would refuse all with it.
func (r remoteActs) some(ctx context.Context, orders []influencer.Order, taken map[influencer.NIP]influencer.ActResult, dryRun bool) ([]influencer.ActResult, error) {
	out := make([]influencer.ActResult, len(orders))
	var body bulkOrders
	var places []int
	for i, o := range orders {
		out[i].Order = o
		if before, again := taken[o.NIP]; again {
			out[i] = duplicate(o, before, dryRun)
		} else if err := o.Check(r.now()); err != nil {
			out[i].Outcome, out[i].Problem = influencer.ActIllegal, notWhole(err)
		} else {
			body.Orders, places = append(body.Orders, bulkOrder(o)), append(places, i)
		}
	}
	if len(places) == 0 {
		return out, nil
	}
	body.DryRun = dryRun
	report, err := r.send(ctx, body)
	if err == nil && len(report.Items) != len(places) {
		err = errors.New("the service does not tell of every order what became of it: is it of another version?")
	}
	if err != nil {
		return nil, err
	}
	for i, place := range places {
		out[place] = actResultOf(report.Items[i], orders[place])
	}
	return out, nil
}

// bulkOrders is the body of a request.
type bulkOrders struct {
	Orders []web.BulkOrder `json:"orders"`
	DryRun bool            `json:"dry_run"`
}

// send sends a request, as often as it takes until the service that gets too many
// has time for it.
func (r remoteActs) send(ctx context.Context, body bulkOrders) (web.ActReport, error) {
	for waited := time.Duration(0); ; {
		report, err := ask[web.ActReport](ctx, r.remote, http.MethodPost, "/api/v1/people/acts", nil, body)
		later, ok := errors.AsType[*remoteError](err)
		if !ok || later.retry == 0 || waited+later.retry > actsPatience {
			return report, err
		}
		waited += later.retry
		if stopped := r.wait(ctx, later.retry); stopped != nil {
			return report, fmt.Errorf("%w: %w", stopped, err)
		}
	}
}

// duplicate is what becomes of an order on a person on whom one before it was done.
func duplicate(o influencer.Order, before influencer.ActResult, dryRun bool) influencer.ActResult {
	r := influencer.ActResult{Order: o, Outcome: influencer.ActDuplicate, Problem: influencer.SamePerson(before.Order.Line), Person: before.Person}
	if dryRun {
		r.Person.Status = before.From
	}
	r.From = r.Person.Status
	return r
}

// notWhole is what is wrong with an order, without what stands before it.
func notWhole(err error) string {
	return strings.TrimPrefix(err.Error(), influencer.ErrIllegalAct.Error()+": ")
}

func bulkOrder(o influencer.Order) web.BulkOrder {
	return web.BulkOrder{NIP: string(o.NIP), Act: string(o.Kind), Reason: o.Note, Until: timeOrNil(o.Until), Basis: o.Basis, Decree: o.Decree,
		Why: string(o.Why), Agency: o.Agency, Unit: o.Unit, NewAgency: o.NewAgency, Line: o.Line}
}

func actResultOf(v web.ActResult, o influencer.Order) influencer.ActResult {
	r := influencer.ActResult{Order: o, Outcome: v.Outcome, Problem: v.Problem, From: v.From, Moves: mapped(v.Moves, func(m web.Move) influencer.Move { return influencer.Move(m) })}
	if v.PersonID != 0 {
		r.Person.ID, r.Person.NIP, r.Person.Name, r.Person.Agency, r.Person.Unit = v.PersonID, o.NIP, v.Name, v.Agency, v.Unit
		r.Person.Status, r.Person.Until = v.To, timeOr(v.Until)
	}
	return r
}
