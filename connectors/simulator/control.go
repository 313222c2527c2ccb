package simulator

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// order is a Fault as the control endpoint takes it: For, a Go duration such
// as "10m", is an Until counted from now.
type order struct {
	Fault
	For string `json:"for"`
}

// control answers /_sim/stats and /_sim/faults. It has no password: a
// rehearsal belongs on a loopback address.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	id, one := strings.CutPrefix(r.URL.Path, "/_sim/faults/")
	switch {
	case r.URL.Path == "/_sim/stats" && r.Method == http.MethodGet:
		writeJSON(w, http.StatusOK, s.Stats())
	case r.URL.Path == "/_sim/faults" && r.Method == http.MethodGet:
		writeJSON(w, http.StatusOK, map[string]any{"items": s.Faults()})
	case r.URL.Path == "/_sim/faults" && r.Method == http.MethodPost:
		s.postFaults(w, r)
	case r.URL.Path == "/_sim/faults" && r.Method == http.MethodDelete:
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	case one && r.Method == http.MethodDelete:
		s.deleteFault(w, id)
	default:
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "there is GET /_sim/stats, GET, POST and DELETE /_sim/faults, DELETE /_sim/faults/{id}"})
	}
}

// controlLimit bounds the body of POST /_sim/faults.
const controlLimit = 1 << 20

// postFaults takes one fault or a list of them; all of them or none.
func (s *Server) postFaults(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, controlLimit))
	var orders []order
	if err == nil {
		orders, err = parseOrders(body)
	}
	var list []Fault
	if err == nil {
		list, err = s.scheduled(orders)
	}
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": err.Error(), "kinds": Kinds()})
		return
	}
	for i := range list {
		list[i].ID, _ = s.AddFault(list[i]) // scheduled checked it
	}
	writeJSON(w, http.StatusCreated, map[string]any{"items": list})
}

func parseOrders(body []byte) (out []order, err error) {
	text := strings.TrimSpace(string(body))
	if !strings.HasPrefix(text, "[") {
		text = "[" + text + "]"
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err = dec.Decode(&out); err == nil && len(out) == 0 {
		err = errors.New("no fault in the body")
	}
	return out, err
}

func (s *Server) scheduled(orders []order) ([]Fault, error) {
	list := make([]Fault, len(orders))
	for i, o := range orders {
		if err := o.check(); err != nil {
			return nil, err
		}
		if o.For != "" {
			d, err := time.ParseDuration(o.For)
			if err != nil {
				return nil, err
			}
			o.Until = s.o.Now().Add(d)
		}
		list[i] = o.Fault
	}
	return list, nil
}

func (s *Server) deleteFault(w http.ResponseWriter, id string) {
	n, err := strconv.Atoi(id)
	if err != nil || !s.RemoveFault(n) {
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "no such fault"})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that left needs no answer
}
