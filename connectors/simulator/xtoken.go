package simulator

import "strconv"

// AppToken returns the app-only bearer that POST /oauth2/token gives out.
func (s *Server) AppToken() string {
	return "AAAAAAAAAAAAAAAAAAAAAsim" + strconv.FormatUint(s.people.hash(saltToken, -1), 36)
}
