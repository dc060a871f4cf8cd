// What notebooks show: the work beneath a cell, tables, plots and pictures.

import SwoopDisplay
import SwoopModel
import Testing

@Suite struct LiveRunTests {
    private func time(_ milliseconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: milliseconds * 1_000_000)
    }

    private func usage(_ function: String?, cpu: Int64, slots: Int = 2) -> ClusterUsage {
        let task = function.map { _ in TaskID(high: 1, low: 1) }
        let slot = SlotUsage(
            function: function, task: task, elapsedNanoseconds: 0, busyNanoseconds: 0)
        let node = NodeUsage(
            node: NodeID(1), name: "here", slots: Array(repeating: slot, count: slots),
            cpuNanoseconds: cpu, residentBytes: 0, pageBudget: 0, ageNanoseconds: 0,
            isSilent: false)
        return ClusterUsage(nodes: [node], progress: ProgressCount())
    }

    private func next(_ run: inout LiveRun, at milliseconds: Int64) throws -> LiveRun.Shown {
        let shown = run.next(at: time(milliseconds))
        return try #require(shown)
    }

    private func isSilent(_ run: inout LiveRun, at milliseconds: Int64) -> Bool {
        run.next(at: time(milliseconds)) == nil
    }

    @Test func shortWorkIsNotShown() {
        var run = LiveRun(before: ProgressCount())
        run.take(ProgressCount(running: 1, total: 1), at: time(0))
        #expect(isSilent(&run, at: 200))
        run.take(ProgressCount(done: 1, total: 1), at: time(250))
        #expect(run.isOver)
        #expect(isSilent(&run, at: 900))
    }

    @Test func whatRunsIsShownAndAtTheEndWhatItTook() throws {
        var run = LiveRun(before: ProgressCount(done: 10, total: 10))
        var count = ProgressCount(done: 12, running: 2, total: 20)
        (count.nanosecondsLeft, count.nanosecondsLeftLeast) = (2_000_000_000, 1_000_000_000)
        count.nanosecondsLeftMost = 4_000_000_000
        run.take(count, at: time(0))
        run.take(usage("parse", cpu: 5_000_000_000), at: time(100))
        let first = try next(&run, at: 1_000)
        #expect(
            first.text == """
                ████░░░░░░░░░░░░░░░░ 2 of 10 tasks · 2 of 2 cores busy · 1.00 s · about 2.00 s \
                left (1.00 s … 4.00 s)
                  here: parse ×2
                """)
        #expect(first.html.contains("width:20%"))
        #expect(
            first.lastWords == "2 of 10 tasks after 1.00 s, when the process of the cells ended")
        // Not more often than people can read.
        #expect(isSilent(&run, at: 1_100))
        run.take(usage("count", cpu: 7_000_000_000), at: time(1_100))
        run.take(ProgressCount(done: 19, failed: 1, total: 20), at: time(2_000))
        run.take(usage(nil, cpu: 8_000_000_000), at: time(2_100))
        let last = try next(&run, at: 2_100)
        #expect(
            last.text == """
                9 of 10 tasks, 1 failed in 2.00 s · 3.00 core-seconds · 1.5 of 2 cores in effect \
                · count 100 %
                """)
        #expect(isSilent(&run, at: 9_000))
    }

    @Test func aNodeThatIsLostKeepsWhatItDid() throws {
        var run = LiveRun(before: ProgressCount())
        run.take(ProgressCount(running: 4, total: 4), at: time(0))
        func cores(_ nodes: [(id: UInt32, cpu: Int64)]) -> ClusterUsage {
            ClusterUsage(
                nodes: nodes.map { node in
                    var usage = usage("work", cpu: node.cpu * 1_000_000_000).nodes[0]
                    usage.node = NodeID(node.id)
                    return usage
                }, progress: ProgressCount())
        }
        run.take(cores([(1, 50), (2, 70)]), at: time(0))
        run.take(cores([(1, 52), (2, 73)]), at: time(1_000))
        // One is lost, and begins anew; another one joins.
        run.take(cores([(1, 53)]), at: time(2_000))
        run.take(cores([(1, 54), (2, 1), (3, 9)]), at: time(3_000))
        run.take(cores([(1, 54), (2, 2), (3, 10)]), at: time(4_000))
        run.take(ProgressCount(done: 4, total: 4), at: time(10_000))
        let last = try next(&run, at: 10_000)
        #expect(
            last.text == """
                4 of 4 tasks in 10.0 s · 9.00 core-seconds · 0.90 of 6 cores in effect · work 100 %
                """)
    }

    @Test func oneTaskIsOneTask() throws {
        var run = LiveRun(before: ProgressCount())
        run.take(ProgressCount(running: 1, total: 1), at: time(0))
        let first = try next(&run, at: 400)
        #expect(first.text == "░░░░░░░░░░░░░░░░░░░░ 0 of 1 task · 400 ms")
        run.take(ProgressCount(failed: 1, total: 1), at: time(1_000))
        let last = try next(&run, at: 1_000)
        #expect(last.text == "0 of 1 task, 1 failed in 1.00 s")
    }

    @Test func aNameOfAFunctionIsNoMarkup() throws {
        var run = LiveRun(before: ProgressCount())
        run.take(ProgressCount(running: 1, total: 1), at: time(0))
        run.take(usage("a<b>(\"c\")", cpu: 0), at: time(10))
        let shown = try next(&run, at: 400)
        #expect(shown.html.contains("a&lt;b&gt;(&quot;c&quot;)"))
        #expect(!shown.html.contains("<b>"))
    }
}

@Suite struct PlotTests {
    @Test(arguments: [
        Plot.line([Double.nan, 1, .infinity]), .line([Int]()), .line([5]), .line([1e300, -1e300]),
        .scatter(x: [1, 2, 3], y: [1.0]), .bars(["a", "<b>"], [1, -2]), .bars([], [Int]()),
        .histogram([1, 1, 1]), .histogram([Double]()), .histogram([1.0, 2, 3], bins: -4),
        .heatMap([[1, 2], [3]]), .heatMap([[Int]]()), .heatMap([[Double.nan]]),
        .line([1, 2]).with(.scatter(x: [0], y: [9])).titled("\u{1}&").axes(x: "<", y: ">"),
    ])
    func whateverIsDrawnIsOneElementWithoutOddNumbers(plot: Plot) {
        let svg = plot.svg
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>"))
        #expect(!svg.contains("nan") && !svg.contains("inf"))
        #expect(svg.count { $0 == "<" } == svg.count { $0 == ">" })
    }

    @Test(arguments: [
        Plot.line([Int]()), .line([Double.nan]), .scatter(x: [1], y: [Int]()), .bars([], [Int]()),
        .histogram([Double]()), .heatMap([[Int]]()), .heatMap([[Double.nan]]),
    ])
    func aPlotOfNothingSaysSo(plot: Plot) {
        #expect(plot.svg.contains(">no values<"))
    }

    @Test func aPlotOfSomethingDoesNot() {
        #expect(!Plot.line([Int]()).with(.line([1])).svg.contains(">no values<"))
    }

    @Test func manyPointsAreThinnedAndBothEndsStay() {
        let svg = Plot.line((0..<100_000).map { $0 }).svg
        #expect(svg.utf8.count < 40_000)
        #expect(svg.contains("M64 274") && svg.contains("542 30"))
    }

    @Test func aHistogramCountsEveryValueOnce() {
        let plot = Plot.histogram([0.0, 0.1, 0.9, 1.0, .nan], bins: 2)
        #expect(plot == Plot.histogram(counts: [2, 2], from: 0, to: 1))
    }

    @Test func aPictureIsAPNGWithItsPixels() throws {
        let picture = Picture([[0.0, 1], [Double.nan, 0.5]])
        #expect(picture[0, 0] == .share(0) && picture[1, 0] == .share(1))
        #expect(picture[2, 0] == nil)
        var lines: [UInt8] = []
        let file = picture.png {
            lines = $0; return [1, 2, 3]
        }
        #expect(lines.count == 2 * (1 + 2 * 3))
        #expect(Array(file[12..<16]) == Array("IHDR".utf8))
        #expect(Array(file[16..<24]) == [0, 0, 0, 2, 0, 0, 0, 2])
        // The checksum of an empty IEND is known to everybody.
        #expect(file.suffix(4) == [0xAE, 0x42, 0x60, 0x82])
    }

    @Test func aTableKeepsItsColumnsTogetherWhateverIsInThem() {
        let table = ShownTable(
            title: "2 of Row", columns: ["n", "name"], numeric: [true, false],
            rows: [
                ["1", "a\nb"], ["20", String(repeating: "x", count: 500)], ["3", "a\tb\r\n"],
                ["4", "\u{1B}[31m\u{202E}\u{2028}"], ["5", "👩‍👩‍👧"],
            ])
        let lines = table.text.split(separator: "\n")
        #expect(lines.count == 7)
        #expect(lines[1] == " n  name" && lines[2] == " 1  a⏎b")
        #expect(lines[3].hasSuffix("x…") && lines[3].count == 124)
        #expect(lines[4] == " 3  a⇥b\\r⏎")
        #expect(lines[5] == " 4  \\u{1B}[31m\\u{202E}\\u{2028}")
        #expect(lines[6] == " 5  👩‍👩‍👧")
        #expect(table.html.contains("a⇥b\\r⏎"))
        #expect(table.html.contains("<td style=\"text-align:right\">20</td>"))
    }
}
