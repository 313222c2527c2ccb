// Package doors states the rules between the rooms of this repository, and finds what breaks them by reading the source.
//
// Check reads every Go file below a folder and returns one Finding for each break, with the reason for the rule. It reads
// the syntax only, so it takes well under a second and does not need the code to compile. The test of this package runs
// it over the whole repository.
package doors
