package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestAPageIsAliveOnceItsPortHasAnswered(t *testing.T) {
	asked := make(chan string, 1)
	page := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.Host + r.URL.Path }))
	defer page.Close()
	ctx, cancel := context.WithCancel(context.Background())
	alive, ended := make(chan bool, 1), make(chan bool)
	go func() { proveAlive(ctx, page.Listener.Addr(), func() { alive <- true }); close(ended) }()
	if got := <-asked; got != "localhost/healthz" {
		t.Error(got)
	}
	<-alive
	cancel()
	<-ended
}

func TestAPageWhosePortTakesNobodyIsNotAlive(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan bool)
	go func() { proveAlive(ctx, silent.Addr(), func() { t.Error("it is alive") }); close(ended) }()
	conn, err := silent.Accept() // and says nothing
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(checkTimeout * 4))
	if _, err := conn.Read(make([]byte, 16)); err != nil {
		t.Error("nobody asks:", err)
	}
	cancel()
	<-ended
	_ = conn.Close()
	_ = silent.Close()
}
