package simulator

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// graphError is the error envelope of the Graph API
// (developers.facebook.com, Graph API, error handling).
type graphError struct {
	status    int
	message   string
	code      int
	subcode   int
	transient bool
	userTitle string
	userMsg   string
}

func (e *graphError) append(b []byte) []byte {
	message, _ := json.Marshal(e.message) // a string cannot fail
	b = append(b, `{"error":{"message":`...)
	b = append(b, message...)
	b = append(b, `,"type":"OAuthException","code":`...)
	b = strconv.AppendInt(b, int64(e.code), 10)
	if e.subcode != 0 {
		b = append(b, `,"error_subcode":`...)
		b = strconv.AppendInt(b, int64(e.subcode), 10)
	}
	b = append(b, `,"is_transient":`...)
	b = strconv.AppendBool(b, e.transient)
	if e.userTitle != "" {
		b = append(b, `,"error_user_title":"`+e.userTitle+`","error_user_msg":"`+e.userMsg+`"`...)
	}
	return append(b, `,"fbtrace_id":"AsimTrace00000000000000"}}`...)
}

// refuse makes the reply that error.
func (p *reply) refuse(e *graphError) {
	p.status = e.status
	p.body = e.append(p.body[:0])
}

var (
	errNoToken  = &graphError{status: 400, code: 104, message: "An access token is required to request this resource."}
	errBadToken = &graphError{status: 400, code: 190,
		message: "Invalid OAuth access token - Cannot parse access token"}
	errNoProof = &graphError{status: 400, code: 100,
		message: "API calls from the server require an appsecret_proof argument"}
	errBadProof = &graphError{status: 400, code: 100,
		message: "Invalid appsecret_proof provided in the API argument"}
	errNoPermission = &graphError{status: 403, code: 10,
		message: "(#10) Application does not have permission for this action"}
	errSyntax = &graphError{status: 400, code: 2500, message: "Syntax error in the field list."}
	// errNoIGUser is what business discovery says of a missing account and of
	// a personal one alike.
	errNoIGUser = &graphError{status: 400, code: 110, subcode: 2207013, message: "Invalid user id",
		userTitle: "Cannot find User",
		userMsg:   "The user with the given username cannot be found."}
	errPoison = &graphError{status: 400, code: 100, message: "(#100) Invalid parameter"}
)

func errNoObject(id string) *graphError {
	return &graphError{status: 400, code: 100, subcode: 33, message: "Unsupported get request. Object with ID '" + id +
		"' does not exist, cannot be loaded due to missing permissions, or does not support this operation."}
}

func errNoField(name, node string) *graphError {
	return &graphError{status: 400, code: 100,
		message: "(#100) Tried accessing nonexisting field (" + name + ") on node type (" + node + ")"}
}

// tokenDeath words code 190. The subcodes say what happened to the session;
// expired ones are also seen without any.
func tokenDeath(subcode int) *graphError {
	why := map[int]string{
		0:   "The access token could not be decrypted",
		458: "Error validating access token: The user has not authorized application 1.",
		459: "Error validating access token: You cannot access the app till you log in to www.facebook.com and follow the instructions given.",
		460: "Error validating access token: The session has been invalidated because the user changed their password " +
			"or Facebook has changed the session for security reasons.",
		463: "Error validating access token: Session has expired. The current time is later.",
		464: "Error validating access token: Sessions for the user are not allowed because the user is not a confirmed user.",
		467: "Error validating access token: The session is invalid because the user logged out.",
	}[subcode]
	return &graphError{status: 400, code: 190, subcode: subcode, message: why}
}

// throttled words a rate limit. Graph says it with 400 or 403 rather than 429
// (facebook/facebook-nodejs-business-sdk issue 97).
func throttled(status, code int) *graphError {
	message := map[int]string{
		4:     "(#4) Application request limit reached",
		17:    "(#17) User request limit reached",
		32:    "(#32) Page request limit reached",
		613:   "(#613) Calls to this api have exceeded the rate limit.",
		80001: "(#80001) There have been too many calls to this Page account. Wait a bit and try again.",
		80002: "(#80002) There have been too many calls to this Instagram account. Wait a bit and try again.",
	}[code]
	if message == "" {
		message = "(#" + strconv.Itoa(code) + ") There have been too many calls. Wait a bit and try again."
	}
	return &graphError{status: status, code: code, transient: true, message: message}
}

// graphRefusal returns the error that a fault of the refusal class wants.
func (y sky) graphRefusal() *graphError {
	for _, f := range y {
		var e *graphError
		switch f.Kind {
		case Throttle:
			e = throttled(http.StatusBadRequest, or(f.Code, 4))
		case ThrottleBare:
			e = throttled(http.StatusForbidden, or(f.Code, 17))
		case TokenDead:
			e = tokenDeath(f.Subcode)
		case Forbidden:
			no := *errNoPermission
			no.code = or(f.Code, no.code)
			e = &no
		default:
			continue
		}
		return e
	}
	return nil
}

func or(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}
