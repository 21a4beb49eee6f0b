package site

import (
	"regexp"
	"strconv"

	"petcam/streamer/internal/apierror"
)

// What is checked of a number is what is used of it: its text has one form, and what that says is within the range.
var (
	wholeNumber = regexp.MustCompile(`^[0-9]{1,15}$`)
	anyNumber   = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,9})?$`)
)

// Arg is the first argument of that name in the query; empty where it has none.
func (r *Request) Arg(name string) string {
	text, _ := r.LookupArg(name)
	return text
}

// LookupArg tells also whether there is one.
func (r *Request) LookupArg(name string) (text string, is bool) {
	for _, each := range parsePairs(r.Query, escaped) {
		if each.name == name {
			return each.value, true
		}
	}
	return "", false
}

// WholeNumber is that argument, from low to high; byDefault where it is left out.
func (r *Request) WholeNumber(name string, low, high, byDefault int64) (int64, error) {
	number, err := r.number(name, "whole number", wholeNumber, float64(low), float64(high), float64(byDefault))
	return int64(number), err
}

// Number is that argument, from low to high; byDefault where it is left out.
func (r *Request) Number(name string, low, high, byDefault float64) (float64, error) {
	return r.number(name, "number", anyNumber, low, high, byDefault)
}

func (r *Request) number(name, kind string, form *regexp.Regexp, low, high, byDefault float64) (float64, error) {
	text, is := r.LookupArg(name)
	if !is {
		return byDefault, nil
	}
	number, err := strconv.ParseFloat(text, 64)
	if !form.MatchString(text) || err != nil || number < low || number > high {
		return 0, apierror.New(apierror.BadRequest, "%s must be a %s from %s to %s", name, kind, General(low), General(high))
	}
	return number, nil
}

// General is a number as Python's format "g" has it.
func General(number float64) string { return strconv.FormatFloat(number, 'g', 6, 64) }
