// Package x reads followers from X: [New] through API v2, [NewV11] through the
// old v1.1 for apps that still have it.
//
// Both ask for up to 100 users in one call with an app-only bearer. The shapes
// and limits are those of docs.x.com and its OpenAPI descriptions 2.166 and 2.167
// (xdevplatform/docs), of developer.x.com for v1.1, and of answers captured in
// public issue threads; comments name the thread where one was needed.
package x
