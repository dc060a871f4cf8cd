// What `swoop models` writes: names and sizes of functions, tables of measurements.

import SwoopForecast
import SwoopModel
import Testing
import swoop

@Suite struct LearnedFunctionTests {
    private func history(
        _ identity: String, fingerprint: UInt64 = 1, isOptimised: Bool = true,
        _ features: [[Double]]
    ) -> FunctionHistory {
        FunctionHistory(
            identity: identity, node: "alpha", isOptimised: isOptimised,
            fingerprint: fingerprint,
            records: features.map {
                RunRecord(
                    features: $0, cpuNanoseconds: Int64($0.reduce(1_000, +)), wallNanoseconds: 9)
            })
    }

    @Test func `functions and chains are named as people write them`() throws {
        let all = LearnedFunction.all(of: [
            history("App/Main.swift:simulate(n:Int,_:[Double],by:Double)->Int", [[1, 2, 3]]),
            history("App/Main.swift:one()->Int", [[]]),
            history("App:csv(Sale).map(amount).sum", [[24]]),
            history("App/Main.swift:square(_:Int)->Int", [[5]]),
        ])
        #expect(
            all.map(\.name) == ["square", "csv(Sale).map(amount).sum", "one", "simulate"])
        #expect(all.map(\.sizes) == [["x"], ["size"], [], ["n", "x2", "by"]])
        #expect(all.map(\.place) == ["App/Main.swift", "App", "App/Main.swift", "App/Main.swift"])
    }

    @Test func `of several versions and builds the newest is told, once each`() throws {
        let all = LearnedFunction.all(of: [
            history("App/A.swift:f(n:Int)->Int", fingerprint: 1, [[1], [2]]),
            history("App/A.swift:f(n:Int)->Int", fingerprint: 2, [[7]]),
            history("App/A.swift:f(n:Int)->Int", isOptimised: false, [[3]]),
        ])
        #expect(all.map(\.isOptimised) == [false, true])
        #expect(all.map(\.records.count) == [1, 1] && all[1].times == 1_007...1_007)
        let cells = ModelTable.cells(all[0])
        #expect(cells.count == ModelTable.heading.count)
        #expect(cells[0] == "f (debug)" && cells[3] == "1.0 µs")
    }

    @Test func `a page has a plot where sizes differ, with every run in it`() throws {
        let runs = history(
            "App/A.swift:f(n:Int)->Int", (0..<20).map { [Double(10 << ($0 / 2))] })
        let page = ModelTable.page(try #require(LearnedFunction.all(of: [runs]).first))
        #expect(page[0] == "App/A.swift:f(n:Int)->Int")
        #expect(page.contains { $0.contains("o") && $0.contains("│") })
        #expect(page.contains { $0.hasSuffix("5120") && $0.contains(" n ") })
        let same = history("App/A.swift:f(n:Int)->Int", [[4], [4]])
        let short = ModelTable.page(try #require(LearnedFunction.all(of: [same]).first))
        #expect(!short.contains { $0.contains("│") })
    }

    @Test func `a table of measurements has its seconds in any column`() throws {
        let text = "n,seconds,rows\n10, 0.5 ,3\n20,1e-3,4\r\n\n"
        let file = try MeasurementFile(text, time: nil)
        #expect(file.sizes == ["n", "rows"])
        #expect(file.runs.map(\.features) == [[10, 3], [20, 4]])
        #expect(file.runs.map(\.cpuNanoseconds) == [500_000_000, 1_000_000])
        let named = try MeasurementFile("n,wall\n2,4\n", time: "wall")
        #expect(named.runs[0].cpuNanoseconds == 4_000_000_000)
        let again = try MeasurementFile(
            MeasurementFile.text(of: file.runs, sizes: file.sizes), time: nil)
        #expect(again.runs == file.runs && again.sizes == file.sizes)
    }

    @Test(arguments: [
        ("", "the first line must name the columns"), ("n\n1\n", "the first line must name"),
        ("n,seconds\n1,x\n", "line 2: seconds is \"x\", which is no number"),
        ("n,seconds\n1\n", "line 2 has 1 value, and the first line names 2"),
        ("n,seconds\n1,-2\n", "line 2: a run of -2.0 s"),
        ("n,seconds\nnan,2\n", "line 2: n is \"nan\", which is no number"),
        ("n,seconds\n1,inf\n", "which is no number"), ("n,seconds\n1,0\n", "a run of 0.0 s"),
        ("a,b,c,d,e,f,g,h,i,seconds\n", "9 sizes are too many"),
    ])
    func `a wrong table is an error that names the line`(text: String, words: String) {
        let error = #expect(throws: (any Error).self) { try MeasurementFile(text, time: nil) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(words))
    }
}
