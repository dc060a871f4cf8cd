// What other programs read: plain lines, JSON, and the table of `swoop status`.

import Foundation
import SwoopModel
import Testing
import swoop

@Suite struct TextFormsTests {
    private let time = "2026-01-02T03:04:05.678Z"

    @Test func `a plain line has the same words whatever happens`() {
        let names: [String?] = ["simulate", nil, "two words,=", "漢字"]
        let readings = [
            reading([]), reading([node(names)]),
            reading([node([], name: "a b", silentFor: 3_000_000_000)], name: "x y"),
        ]
        let words = readings.map { reading in
            TopLines.lines(of: reading, time: time).map { line in
                line.split(separator: " ", omittingEmptySubsequences: false).dropFirst().map {
                    String($0.prefix { $0 != "=" })
                }
            }
        }
        let expected = [
            "cluster", "node", "state", "busy", "age", "cpu", "pages", "done", "failed", "running",
            "total", "cores",
        ]
        #expect(words == [[expected], [expected], [expected]])
        #expect(
            TopLines.lines(of: readings[1], time: time) == [
                "\(time) cluster=local-1-a node=local state=live busy=3/4 age=0.1s cpu=100% "
                    + "pages=12582912/8589934592 done=12 failed=1 running=2 total=40 "
                    + "cores=simulate:1.2s,idle,two_words__:1.2s,漢字:1.2s"
            ])
    }

    @Test func `a silent node's line shows nothing as live`() {
        let silent = node(["simulate", nil], silentFor: 3_000_000_000)
        let line = TopLines.lines(of: reading([silent]), time: time)[0]
        #expect(line.contains(" state=silent busy=?/2 age=3.0s cpu=- "))
        #expect(line.hasSuffix(" cores=?,?"))
    }

    @Test func `JSON has what is not seen, or turns the writing, in numbers that say all of it`()
        throws
    {
        let odd = "a\u{202e}b\u{e0041}c\u{9b}\u{7f}\u{200d}\u{fe0f}é漢\n\"\\"
        let text = JSONLine.text(of: [odd])
        #expect(
            text == #"["a\u202eb\udb40\udc41c\u009b\u007f\u200d\ufe0fé漢\n\"\\"]"#, "\(text)")
        #expect(try JSONDecoder().decode([String].self, from: Data(text.utf8)) == [odd])
    }

    @Test func `JSON is one line with units in its names`() {
        let live = UsageJSON(reading([node(["simulate", nil])]), time: time).line
        #expect(
            live
                == #"{"busyCores":1,"cluster":"local-1-a","cores":2,"nodes":[{"ageSeconds":0.1,"busyCores":1,"cores":[{"elapsedSeconds":1.234,"function":"simulate","loadPercent":100,"state":"busy"},{"loadPercent":0,"state":"idle"}],"cpuPercent":100,"cpuSeconds":5,"fetchedBytes":0,"isSilent":false,"name":"local","pageBudgetBytes":8589934592,"residentBytes":12582912}],"tasks":{"done":12,"failed":1,"running":2,"total":40},"time":"2026-01-02T03:04:05.678Z"}"#
        )
        let silent = UsageJSON(
            reading([node(["simulate"], name: "a\nb", silentFor: 3_000_000_000)]), time: time
        ).line
        #expect(silent.contains(#""state":"unknown""#) && !silent.contains("simulate"))
        #expect(!silent.contains("\n"))
    }

    @Test func `nothing that a node is called gives orders to a terminal`() {
        let name = "a\u{1b}[2J\u{9b}31m\u{7f}\n"
        let reading = reading([node([name], name: name)], name: name)
        let json = UsageJSON(reading, time: time).line
        #expect(json.contains(#""a\u001b[2J\u009b31m\u007f\n""#), "\(json)")
        let rows = [StatusRow(name: name, pid: 7, endpoint: name, reading: reading, nodes: [])]
        let texts = [json] + TopLines.lines(of: reading, time: time) + StatusTable.lines(of: rows)
        for scalar in texts.joined().unicodeScalars {
            #expect(scalar.value >= 0x20 && !(0x7f...0x9f).contains(scalar.value), "\(texts)")
        }
    }

    @Test func `hosts that are not there are told with when and why`() {
        let second: Int64 = 1_000_000_000
        let row = StatusRow(
            name: "night", pid: 7, endpoint: "tcp://h:1", reading: reading([]),
            hosts: [
                HostState(name: "alpha", phase: .up),
                HostState(
                    name: "beta", phase: .waiting, nanosecondsLeft: 7 * second + 1, tries: 2,
                    text: "it was silent for 10 s"),
                HostState(name: "gamma", phase: .coming, text: "connecting"),
                HostState(
                    name: "delta", phase: .leaving, nanosecondsLeft: 60 * second,
                    text: "1 task to end"),
            ])
        #expect(
            StatusTable.lines(of: [row]).suffix(5) == [
                "", "HOST   CLUSTER  STATE",
                "beta   night    lost, tried again in 8 s (tried 2 times): it was silent for 10 s",
                "gamma  night    being brought up: connecting",
                "delta  night    leaving within 60 s, waits for 1 task to end",
            ])
    }

    @Test func `the table's columns are as wide as what is in them`() {
        let rows = [
            StatusRow(
                name: "local-1-a", pid: 7, endpoint: "tcp://127.0.0.1:40001",
                reading: reading([
                    node(["f", nil]), node(["g"], name: "alpha", silentFor: 3_000_000_000),
                ]),
                nodes: [
                    NodeDescription(
                        name: "local", slots: 2, pageBudget: 8 << 30, processID: 9,
                        reach: .sameMachine)
                ]),
            StatusRow(name: "漢", pid: 12_345, endpoint: "tcp://127.0.0.1:2", reading: nil),
        ]
        #expect(
            StatusTable.lines(of: rows) == [
                "NAME       PID    ENDPOINT               NODES         CORES  BUSY  TASKS",
                "local-1-a  7      tcp://127.0.0.1:40001  2 (1 silent)  2      1     "
                    + "12 done, 1 failed, 2 running, 40 in all",
                "漢         12345  tcp://127.0.0.1:2      –             –      –     "
                    + "does not answer",
                "",
                "NODE   CLUSTER    CORES  BUSY              MEMORY               REACHED",
                "local  local-1-a  2      1                 12.0 MiB of 8.0 GiB  on this machine",
                "alpha  local-1-a  1      silent for 3.0 s  12.0 MiB of 8.0 GiB  –",
            ])
    }

    @Test func `kept data is a line with its size, its places and its age`() {
        let type = KeptType(name: "Sale", layout: "record Sale(x: f64)", isArray: true)
        var sales = KeptState(
            id: KeptID(1), name: "sales", type: type,
            sizes: [
                KeptSize(byteCount: 1 << 20, elementCount: 7),
                KeptSize(byteCount: 1 << 19, elementCount: 3),
            ],
            places: ["alpha", "beta"].map { KeptPlace(node: $0, pages: 2, byteCount: 3 << 19) },
            age: 83_000_000_000, program: "load")
        #expect(
            KeptTable.cells(sales, of: "standing") == [
                "sales", "standing", "[Sale]", "10", "1.5 MiB", "alpha, beta", "1:23 ago", "load",
            ])
        sales.places = (1...6).map { KeptPlace(node: "n\($0)", pages: 1, byteCount: 9) }
        #expect(KeptTable.cells(sales, of: "s")[5] == "n1, n2, n3 and 3 more")
        let rate = KeptState(
            id: KeptID(2), name: "rate",
            type: KeptType(name: "Double", layout: "f64", isArray: false),
            sizes: [KeptSize(byteCount: 8, elementCount: 1)], program: "a\u{1b}b")
        let cells = KeptTable.cells(rate, of: "s")
        #expect(cells[2...5] == ["Double", "1", "8 B", "coordinator"] && cells[7] == "a?b")
        #expect(
            KeptTable.farewell(to: [rate, sales])
                == ", and with it what it kept: rate, sales (1.5 MiB)")
        sales.loss = "n1 is lost"
        #expect(KeptTable.cells(sales, of: "s")[5] == "lost: n1 is lost")
        #expect(KeptTable.farewell(to: [sales]) == "")
    }
}
