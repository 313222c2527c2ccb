package simulator

import "net/http"

// speech is how one API words what every API has: its outage and its empty list.
type speech struct {
	outage    string
	emptyList string
}

var (
	xSpeech = speech{
		outage: `{"title":"Service Unavailable","detail":"Service Unavailable","type":"about:blank","status":503}`,
		// An answer without anybody to show; X itself would leave data out.
		emptyList: `{"data":[]}`,
	}
	v11Speech = speech{
		outage:    `{"errors":[{"code":130,"message":"Over capacity"}]}`,
		emptyList: `[]`,
	}
	graphSpeech = speech{
		outage: `{"error":{"message":"Service temporarily unavailable","type":"OAuthException","code":2,` +
			`"is_transient":true,"fbtrace_id":"AsimOutage0000000000000"}}`,
		emptyList: `{"data":[]}`,
	}
	batchSpeech = speech{outage: graphSpeech.outage, emptyList: `[]`}
)

const htmlPage = "<!DOCTYPE html>\n<html><head><title>503 Service Unavailable</title></head>" +
	"<body><h1>Service Unavailable</h1><p>The upstream server did not answer.</p></body></html>\n"

// wireFault lets a fault of the wire class answer; it reports whether one did.
func wireFault(p *reply, sp speech) bool {
	for _, f := range p.sky {
		if c, _ := classOf(f.Kind); c != wire {
			continue
		}
		p.status = http.StatusOK
		switch f.Kind {
		case OutageJSON:
			p.answer(http.StatusServiceUnavailable, sp.outage)
		case OutageEmpty:
			p.answer(http.StatusServiceUnavailable, "")
		case OutageHTML:
			p.answer(http.StatusServiceUnavailable, htmlPage)
			p.ctype = htmlType
		case HTMLOK:
			p.answer(http.StatusOK, htmlPage)
			p.ctype = htmlType
		case EmptyObject:
			p.answer(http.StatusOK, `{}`)
		case EmptyList:
			p.answer(http.StatusOK, sp.emptyList)
		case Null:
			p.answer(http.StatusOK, `null`)
		}
		return true
	}
	return false
}

// answer replaces what was written so far.
func (p *reply) answer(status int, body string) {
	p.status = status
	p.body = append(p.body[:0], body...)
}
