package simulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// graphBatchMax is the most requests in one batch (developers.facebook.com,
// Graph API, batch requests).
const graphBatchMax = 50

// batchLimit bounds the body of a batch.
const batchLimit = 4 << 20

// batchItem is one request of a batch.
type batchItem struct {
	Method      string `json:"method"`
	RelativeURL string `json:"relative_url"`
	Body        string `json:"body"`
	AccessToken string `json:"access_token"`
}

// graphBatch answers POST /{version}/ with batch, access_token and
// include_headers: a list in the order of the requests, each answer with its
// own code and with its body as a string.
func (s *Server) graphBatch(w http.ResponseWriter, r *http.Request, p *reply, version string) {
	now := s.o.Now()
	p.endpoint = GraphBatch
	r.Body = http.MaxBytesReader(w, r.Body, batchLimit)
	form, items, e := readBatch(r)
	pf := Platform("")
	if len(items) > 0 {
		first := items[0].call(form)
		pf = first.platform()
	}
	p.sky = s.faults.draw(now, pf, GraphBatch)
	if wireFault(p, batchSpeech) {
		return
	}
	if e == nil {
		e = p.sky.graphRefusal()
	}
	if e != nil {
		p.refuse(e)
		return
	}
	headers := ""
	if form.Get("include_headers") != "false" && form.Get("include_headers") != "0" {
		headers = `"headers":[{"name":"Content-Type","value":"text/javascript; charset=UTF-8"},` +
			`{"name":"Facebook-API-Version","value":"` + version + `"}],`
	}
	s.batchAnswers(p, items, form, headers, now)
	p.usage.write(w.Header(), s.o.InstagramUserID)
}

// readBatch reads a batch from a form or from JSON.
func readBatch(r *http.Request) (url.Values, []batchItem, *graphError) {
	_ = r.ParseMultipartForm(batchLimit) // anything but multipart is an error that changes nothing
	form := r.Form
	if form == nil {
		form = url.Values{}
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		readJSONForm(r, form)
	}
	if form.Get("access_token") == "" {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		form.Set("access_token", token)
	}
	var items []batchItem
	err := json.Unmarshal([]byte(form.Get("batch")), &items)
	switch {
	case err != nil || len(items) == 0:
		return form, nil, &graphError{status: 400, code: 100, message: "(#100) param batch must be an array."}
	case len(items) > graphBatchMax:
		return form, nil, &graphError{status: 400, code: 100,
			message: "(#100) Too many requests in batch message. Maximum batch size is 50"}
	case form.Get("access_token") == "":
		return form, nil, errNoToken // mandatory as the fallback, even if every item has its own
	}
	return form, items, nil
}

// readJSONForm puts the members of a JSON body into the form.
func readJSONForm(r *http.Request, form url.Values) {
	var body map[string]json.RawMessage
	if json.NewDecoder(r.Body).Decode(&body) != nil {
		return
	}
	for name, raw := range body {
		text := string(raw)
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		form.Set(name, text)
	}
}

// call turns an item into a request; its own token wins over that of the batch.
func (it *batchItem) call(form url.Values) graphCall {
	u, err := url.Parse("/" + strings.TrimPrefix(it.RelativeURL, "/"))
	if err != nil {
		u = &url.URL{Path: "/"}
	}
	q := u.Query()
	if body, err := url.ParseQuery(it.Body); err == nil {
		for name := range body {
			if !q.Has(name) {
				q.Set(name, body.Get(name))
			}
		}
	}
	_, path := splitVersion(u.Path)
	c := graphCall{path: path, query: q, token: q.Get("access_token"), proof: q.Get("appsecret_proof")}
	if c.token == "" {
		c.token = it.AccessToken
	}
	if c.token == "" {
		c.token = form.Get("access_token")
	}
	if c.proof == "" && c.token == form.Get("access_token") {
		c.proof = form.Get("appsecret_proof")
	}
	return c
}

// batchAnswers appends the answers. A null stands for an item that a timeout
// left unfinished.
func (s *Server) batchAnswers(p *reply, items []batchItem, form url.Values, headers string, now time.Time) {
	answers := make([][]byte, 0, len(items))
	for i := range items {
		item := s.reply()
		s.batchItem(item, &items[i], form, now)
		p.usage = item.usage
		answers = append(answers, appendItem(nil, item, headers))
		s.replies.Put(item)
	}
	if p.sky.has(Reorder) != nil {
		for i, j := 0, len(answers)-1; i < j; i, j = i+1, j-1 {
			answers[i], answers[j] = answers[j], answers[i]
		}
	}
	b := append(p.body[:0], '[')
	for i, a := range answers {
		b = append(b, sep(i == 0, "")...)
		b = append(b, a...)
	}
	p.body = append(b, ']')
}

func (s *Server) batchItem(p *reply, it *batchItem, form url.Values, now time.Time) {
	c := it.call(form)
	p.endpoint = GraphItem
	p.sky = s.faults.draw(now, c.platform(), GraphItem)
	switch {
	case wireFault(p, graphSpeech):
	case it.Method != "" && !strings.EqualFold(it.Method, http.MethodGet):
		p.refuse(&graphError{status: 400, code: 100, message: "Unsupported " + strings.ToLower(it.Method) + " request."})
	default:
		s.graphGet(p, c, now)
	}
	p.overrule()
	s.tally(p)
}

// appendItem appends the answer to one request of a batch.
func appendItem(b []byte, p *reply, headers string) []byte {
	if p.sky.has(NullItems) != nil {
		return append(b, `null`...)
	}
	b = append(b, `{"code":`...)
	b = strconv.AppendInt(b, int64(p.status), 10)
	b = append(b, ',')
	b = append(b, headers...)
	b = append(b, `"body":"`...)
	for _, c := range p.body {
		switch c {
		case '\n': // a page of HTML has lines
			b = append(b, `\n`...)
			continue
		case '"', '\\':
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return append(b, `"}`...)
}
