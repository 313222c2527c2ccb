package simulator

import (
	"net"
	"net/http"
	"strconv"
	"time"
)

// pieces is the number of parts that a slow body is cut into.
const pieces = 64

// deliver sends the answer, spoilt when a fault of the delivery class says so.
func (s *Server) deliver(w http.ResponseWriter, r *http.Request, p *reply) {
	if p.sky.has(Reset) != nil {
		hangUp(w, true)
	}
	body := p.body
	if p.sky.has(Truncated) != nil {
		body = body[:len(body)/2]
	}
	h := w.Header()
	if len(body) > 0 {
		h.Set("Content-Type", p.ctype)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.status)
	switch {
	case p.sky.has(Half) != nil:
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		hangUp(w, false)
	case p.sky.has(Slow) != nil:
		s.trickle(w, r, body)
	default:
		_, _ = w.Write(body) // a client that left needs no answer
	}
}

// hangUp cuts the connection, with a TCP reset if asked for and possible, and
// ends the handler by the panic that net/http keeps for this.
func hangUp(w http.ResponseWriter, reset bool) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}

// trickle sends a body in small pieces until the client leaves.
func (s *Server) trickle(w http.ResponseWriter, r *http.Request, body []byte) {
	step := max(len(body)/pieces, 1)
	tick := time.NewTicker(s.o.Trickle)
	defer tick.Stop()
	for len(body) > 0 {
		n := min(step, len(body))
		if _, err := w.Write(body[:n]); err != nil {
			return
		}
		body = body[n:]
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}
