// The picture of `swoop top` at every size of window, and of everything that may be in it.

import SwoopModel
import Testing
import swoop

@Suite struct TopScreenTests {
    private func plain(
        _ reading: ClusterReading, _ width: Int, _ height: Int?, note: String = ""
    ) -> [String] {
        TopScreen.lines(of: reading, width: width, height: height, note: note).map(\.plain)
    }

    @Test func `a cell for each core says function, load and time`() {
        let lines = plain(reading([node(["simulate", nil])]), 80, nil)
        #expect(lines.count == 5)
        let tasks = "tasks: 12 done, 1 failed, 2 running, 40 in all"
        #expect(lines[0] == "local-1-a  1 of 2 cores busy  \(tasks)")
        #expect(lines[2] == "local  1 of 2 busy  cpu 100 %  pages 12.0 MiB of 8.0 GiB  0.1 s ago")
        #expect(lines[4] == "  1   0% idle")
        #expect(lines[3].hasPrefix("  0 100% simulate  "))
        #expect(lines[3].hasSuffix("  1.2 s"))
    }

    @Test(arguments: [1, 2, 5, 10, 20, 40, 79, 80, 120, 300], [1, 2, 3, 5, 24, 60])
    func `no line is wider than the window and none is too many`(width: Int, height: Int) {
        let names: [String?] = [
            "simulate", nil, "模擬する関数の名前はとても長い",
            "a_function_whose_name_is_longer_than_any_cell_takes",
            "e\u{301}te\u{301}", "👩‍👩‍👧‍👦 family", nil,
        ]
        let many = (0..<9).flatMap { _ in names }
        let readings = [
            reading([]), reading([node(names)]),
            reading(
                [
                    node(many, name: "east"),
                    node(many, name: "west-of-everything-else-anywhere", silentFor: 3_100_000_000),
                ],
                name: "a-cluster-of-a-very-long-name-indeed-really-long"),
        ]
        for reading in readings {
            let lines = TopScreen.lines(of: reading, width: width, height: height, note: "a note")
            #expect(lines.count <= height)
            for line in lines {
                #expect(line.width <= width, "\(line.plain)")
                #expect(TextWidth.of(line.plain) == line.width, "\(line.plain)")
            }
        }
    }

    @Test func `many cores stand in as few columns as fit`() {
        let cores = (0..<40).map { $0 % 2 == 0 ? "simulate" : nil }
        let tall = plain(reading([node(cores)]), 100, 50)
        #expect(tall.count { $0.contains("simulate") } == 20)
        let low = plain(reading([node(cores)]), 100, 24)
        let rows = low.filter { $0.contains("simulate") || $0.contains("idle") }
        #expect(rows.count == 20)
        // Cells run down: core 0 and core 20 share the first row.
        #expect(rows[0].hasPrefix("   0 100% simulate"))
        #expect(rows[0].contains("  20 100% simulate"))
    }

    @Test func `more cores than cells are marks, one for each`() {
        let cores = (0..<256).map { $0 < 100 ? "simulate" : nil }
        let lines = plain(reading([node(cores)]), 80, 10)
        #expect(lines.joined().count { $0 == "■" } == 100 + 1)
        #expect(lines.joined().count { $0 == "·" } == 156 + 1)
        #expect(lines.count == 10)
        #expect(lines[9].hasPrefix("■ busy"))
    }

    @Test func `nodes that do not fit are told of`() {
        let lines = plain(reading((0..<50).map { node(["f"], name: "node\($0)") }), 80, 10)
        #expect(lines.count == 10)
        #expect(lines[9].hasPrefix("more nodes than fit"))
    }

    @Test func `a silent node is grey and says nothing about its cores`() {
        let silent = node(["simulate", nil], silentFor: 3_140_000_000)
        let lines = TopScreen.lines(of: reading([silent]), width: 80, height: 24)
        let words = lines.map(\.plain)
        #expect(words[0].contains("0 of 0 cores busy, 2 not known"))
        #expect(words[2] == "local  silent for 3.1 s: what its 2 cores do is not known")
        #expect(words[3].hasSuffix("?") && words[4].hasSuffix("?"))
        #expect(!words.joined().contains("simulate"))
        for line in lines[2...4] {
            let isGrey = line.pieces.allSatisfy {
                $0.style == .faint || $0.text.allSatisfy { $0 == " " }
            }
            #expect(isGrey, "\(line)")
        }
    }

    @Test func `a cluster without nodes says so`() {
        let lines = plain(reading([]), 80, 24, note: "2 other clusters")
        #expect(lines[0].hasPrefix("local-1-a  0 of 0 cores busy"))
        #expect(lines[2] == "No node has joined yet.")
        #expect(lines[23] == "q quits  2 other clusters")
    }

    @Test func `names cannot reach the terminal's controls`() {
        let hostile = reading(
            [node(["f\u{1b}]0;x\u{7}\nname"], name: "no\u{1b}[2Jde")], name: "c\rl")
        for line in TopScreen.lines(of: hostile, width: 80, height: 24) {
            #expect(!line.plain.unicodeScalars.contains { $0.value < 0x20 })
            #expect(!line.terminalText(isColoured: false).contains("\u{1b}"))
        }
    }

    @Test func `colours are escapes around the same text`() {
        var line = StyledText("busy", .busy)
        line.add(" and plain")
        #expect(line.terminalText(isColoured: false) == "busy and plain")
        #expect(line.terminalText(isColoured: true) == "\u{1b}[32mbusy\u{1b}[0m and plain")
    }
}
