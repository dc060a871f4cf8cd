// Estimates of plans: nothing from nothing, ranges from a few runs, wall time by the real machines.

import SwoopForecast
import SwoopModel
import SwoopSimulation
import Testing

@Suite struct PlanTests {
    private func function(_ name: String) -> FunctionSpec {
        FunctionSpec(
            identity: name, name: name, fingerprint: 1, code: .remote(identity: name),
            isOptimised: true, isAsync: false)
    }

    private func task(_ number: Int) -> TaskID { TaskID(high: 7, low: UInt64(number)) }

    private func history(_ name: String, _ runs: [RunRecord]) -> FunctionHistory {
        FunctionHistory(
            identity: name, node: "a", isOptimised: true, fingerprint: 1, records: runs)
    }

    private func run(
        _ feature: Double, milliseconds: Double, bytesIn: Int64 = 0, bytesOut: Int64 = 8
    ) -> RunRecord {
        RunRecord(
            features: [feature], bytesIn: bytesIn, bytesOut: bytesOut,
            cpuNanoseconds: Int64(milliseconds * 1e6), wallNanoseconds: Int64(milliseconds * 1e6))
    }

    private func independent(_ count: Int) -> GraphPart {
        GraphPart(
            functions: [function("f")],
            tasks: (0..<count).map {
                TaskSpec(id: task($0), function: FunctionIndex(0), features: [Double($0 % 10 + 1)])
            })
    }

    private let seen = (1...10).map { ($0, Double($0)) }

    @Test func `of a function that never ran there is no number, but its name`() {
        var graph = independent(3)
        graph.functions.append(function("g"))
        graph.specs[1].function = FunctionIndex(1)
        let histories = [history("f", [run(1, milliseconds: 1)])]
        let estimate = PlanSimulation.estimate(
            graph, histories: histories, cores: [1, 2], draws: 8, seed: 1)
        #expect(estimate == .unknown(functions: ["g"], tasks: 3))
        let nothing = PlanSimulation.estimate(
            independent(1), histories: [], cores: [1], draws: 8, seed: 1)
        #expect(nothing == .unknown(functions: ["f"], tasks: 1))
    }

    @Test func `1,000 tasks take their work over the cores, and that fast`() throws {
        let histories = [
            history("f", seen.map { run($0.1, milliseconds: $0.1) })
        ]
        var estimate: Estimate?
        let time = ContinuousClock().measure {
            estimate = PlanSimulation.estimate(
                independent(1_000), histories: histories, cores: [1, 2, 4, 8], draws: 32, seed: 1)
        }
        print("estimate of 1,000 tasks at 4 core counts, 32 draws:", time)
        let found = try #require(estimate)
        // 100 times 1 + 2 + … + 10 ms.
        #expect(try #require(found.coreSeconds).contains(5.5))
        for cores in [1, 2, 4, 8] {
            let wall = try #require(found.wall[cores])
            let median = wall.median * Double(cores)
            #expect(abs(median / 5.5 - 1) < 0.12, "\(cores) cores: \(wall)")
        }
        #expect(found.evidence == .measured)
        print(found)
    }

    @Test func `a chain takes as long on many cores as on one`() throws {
        var graph = independent(50)
        for number in 1..<50 { graph.specs[number].arguments = [.output(task(number - 1))] }
        let histories = [history("f", seen.map { run($0.1, milliseconds: 2) })]
        let estimate = PlanSimulation.estimate(
            graph, histories: histories, cores: [1, 8], draws: 16, seed: 1)
        let one = try #require(estimate.wall[1])
        let eight = try #require(estimate.wall[8])
        #expect(abs(one.median / eight.median - 1) < 0.02)
        #expect(abs(one.median / 0.1 - 1) < 0.1)
        #expect(estimate.usefulCores?.median == 1)
    }

    @Test func `sizes are predicted from what comes before`() throws {
        var graph = GraphPart(functions: [function("make"), function("use")])
        graph.specs = [
            TaskSpec(id: task(1), function: FunctionIndex(0), features: [1_000]),
            TaskSpec(
                id: task(2), function: FunctionIndex(1), arguments: [.output(task(1))],
                features: [.nan]),
        ]
        let sizes = [100.0, 200, 400]
        let histories = [
            history(
                "make", sizes.map { run($0, milliseconds: 1, bytesOut: Int64($0) * 8) }),
            history(
                "use", sizes.map { run($0, milliseconds: $0, bytesIn: Int64($0) * 8) }),
        ]
        let estimate = PlanSimulation.estimate(
            graph, histories: histories, cores: [1], draws: 32, seed: 1)
        let seconds = try #require(estimate.coreSeconds)
        #expect(abs(seconds.median / 1.001 - 1) < 0.15, "\(seconds)")
    }

    @Test func `a loop over pages of an earlier plan goes over as many elements as it says`() throws
    {
        // Its bytes are not in the plan: what it reads was stored before.
        let loop = FunctionSpec(
            identity: "array.sum", name: "array.sum", fingerprint: 1,
            code: .type(mangledName: "loop"), isOptimised: true, isAsync: false)
        let runs = [50_000.0, 50_000, 20_000].map { count in
            var record = run(count, milliseconds: count / 1_000, bytesIn: Int64(count) * 8)
            record.elements = Int64(count)
            return record
        }
        var graph = GraphPart(functions: [loop])
        graph.specs = [50_000.0, 50_000, 20_000].enumerated().map { number, count in
            TaskSpec(
                id: task(number), function: FunctionIndex(0),
                arguments: [.bytes([]), .bytes([0])], pages: [task(100 + number)],
                features: [count])
        }
        let estimate = PlanSimulation.estimate(
            graph, histories: [history("array.sum", runs)], cores: [1], draws: 32, seed: 1)
        #expect(estimate.evidence == .measured)
        let seconds = try #require(estimate.coreSeconds)
        #expect(abs(seconds.median / 0.12 - 1) < 0.1, "\(seconds)")
        #expect(seconds.low > 0.06, "\(seconds)")
    }

    @Test func `each part of what is divided by key reads its share`() throws {
        let merge = FunctionSpec(
            identity: "merge", name: "merge", fingerprint: 1, code: .type(mangledName: "merge"),
            isOptimised: true, isAsync: false)
        let maps = [1_000.0, 1_000].map { run($0, milliseconds: 1, bytesOut: 8_000) }
        let merges = (0..<4).map { _ -> RunRecord in
            var record = run(500, milliseconds: 2, bytesIn: 4_000)
            record.elements = 500
            return record
        }
        var graph = GraphPart(functions: [function("map"), merge])
        graph.specs = (0..<2).map {
            TaskSpec(id: task($0), function: FunctionIndex(0), features: [1_000])
        }
        graph.specs += (0..<4).map {
            TaskSpec(
                id: task(10 + $0), function: FunctionIndex(1),
                arguments: [.bytes([]), .bytes([0])], pages: [task(0), task(1)],
                part: UInt32($0), features: [.nan])
        }
        let estimate = PlanSimulation.estimate(
            graph, histories: [history("map", maps), history("merge", merges)], cores: [1],
            draws: 32, seed: 1)
        #expect(estimate.evidence == .measured)
        let seconds = try #require(estimate.coreSeconds)
        #expect(abs(seconds.median / 0.010 - 1) < 0.15, "\(seconds)")
    }

    @Test func `pages that a loop is told the elements of are not read by it`() throws {
        let loop = FunctionSpec(
            identity: "array.sum", name: "array.sum", fingerprint: 1,
            code: .type(mangledName: "loop"), isOptimised: true, isAsync: false)
        let maps = (0..<8).map { _ in run(1_000, milliseconds: 1, bytesOut: 8_000) }
        func sums(_ counts: [Double]) -> [RunRecord] {
            counts.map { count in
                var record = run(count, milliseconds: count / 100, bytesIn: Int64(count) * 8)
                record.elements = Int64(count)
                return record
            }
        }
        var graph = GraphPart(functions: [function("map"), loop])
        graph.specs = (0..<8).map {
            TaskSpec(id: task($0), function: FunctionIndex(0), features: [1_000])
        }
        graph.specs += (0..<8).map { number in
            // As a loop over pages that the plan makes: where its page begins follows from those
            // before it.
            let before = Argument.operation(
                .elementCount, operands: (0...number).map { .output(task($0)) }, operandType: .int,
                resultType: .int)
            return TaskSpec(
                id: task(10 + number), function: FunctionIndex(1),
                arguments: [.bytes([]), .sequence([.bytes([0]), before])], pages: [task(number)],
                features: [.nan])
        }
        let histories = [
            history("map", maps), history("array.sum", sums(Array(repeating: 1_000, count: 8))),
        ]
        let estimate = PlanSimulation.estimate(
            graph, histories: histories, cores: [1], draws: 32, seed: 1)
        #expect(estimate.evidence == .measured)
        let seconds = try #require(estimate.coreSeconds)
        #expect(abs(seconds.median / 0.088 - 1) < 0.1, "\(seconds)")

        // Twice as much by tasks that nobody saw with that size is not measured.
        for number in 0..<8 { graph.specs[number].features = [5_000] }
        let more = [
            history(
                "map", [1_000.0, 2_000].map { run($0, milliseconds: $0, bytesOut: 8 * Int64($0)) }),
            history("array.sum", sums([1_000, 2_000])),
        ]
        let larger = PlanSimulation.estimate(
            graph, histories: more, cores: [1], draws: 32, seed: 1)
        #expect(larger.evidence != .measured)
    }

    @Test func `a run over nobody knows how much is one of those that were seen`() throws {
        let loop = FunctionSpec(
            identity: "array.sum", name: "array.sum", fingerprint: 1,
            code: .type(mangledName: "loop"), isOptimised: true, isAsync: false)
        // Their bytes say nothing about their elements.
        let runs = [10_000.0, 20_000, 40_000, 80_000].map { count in
            var record = run(count, milliseconds: count / 1_000, bytesIn: 500)
            record.elements = Int64(count)
            return record
        }
        var graph = GraphPart(functions: [loop])
        graph.specs = (0..<16).map {
            TaskSpec(
                id: task($0), function: FunctionIndex(0), arguments: [.bytes([]), .bytes([0])],
                pages: [task(100 + $0)], features: [.nan])
        }
        let estimate = PlanSimulation.estimate(
            graph, histories: [history("array.sum", runs)], cores: [1], draws: 32, seed: 1)
        #expect(estimate.evidence == .guess)
        // 16 times 37.5 ms.
        let seconds = try #require(estimate.coreSeconds)
        #expect(abs(seconds.median / 0.6 - 1) < 0.25 && seconds.low > 0.2, "\(seconds)")
    }

    @Test func `a loop counts to its limit, as a guess where data decides`() throws {
        let body = TaskSpec(
            id: TaskID(high: 1, low: 2), function: FunctionIndex(0),
            arguments: [.output(TaskID(high: 1, low: 1))], features: [1])
        let until = TaskSpec(
            id: TaskID(high: 1, low: 3), function: FunctionIndex(0),
            arguments: [.output(body.id)], features: [1])
        let loop = IterationSpec(
            id: task(9), initial: .bytes([]), limit: 20, template: [body, until],
            placeholder: TaskID(high: 1, low: 1), result: body.id, until: until.id)
        var graph = GraphPart(functions: [function("f")], iterations: [loop])
        graph.specs = [
            TaskSpec(
                id: task(1), function: FunctionIndex(0), arguments: [.output(task(9))],
                features: [1])
        ]
        let histories = [history("f", seen.map { run($0.1, milliseconds: 1) })]
        let estimate = PlanSimulation.estimate(
            graph, histories: histories, cores: [1], draws: 16, seed: 1)
        #expect(estimate.tasks == 41)
        #expect(estimate.evidence == .guess)
        #expect(abs(try #require(estimate.coreSeconds).median / 0.041 - 1) < 0.1)
    }

    @Test(arguments: [3_000, 20_000, 1_000_000])
    func `a loop of many rounds is told as a whole where their number is fixed`(
        _ rounds: UInt32
    ) throws {
        let body = TaskSpec(
            id: TaskID(high: 1, low: 2), function: FunctionIndex(0),
            arguments: [.output(TaskID(high: 1, low: 1))], features: [1])
        let graph = GraphPart(
            functions: [function("f")],
            iterations: [
                IterationSpec(
                    id: task(9), initial: .bytes([1]), limit: rounds, template: [body],
                    placeholder: TaskID(high: 1, low: 1), result: body.id, until: nil)
            ])
        let estimate = PlanSimulation.estimate(
            graph, histories: [history("f", seen.map { run($0.1, milliseconds: 1) })], cores: [1],
            draws: 4, seed: 1)
        #expect(estimate.tasks == Int(rounds))
        #expect(estimate.evidence == .measured)
        let seconds = Double(rounds) / 1_000
        #expect(abs(try #require(estimate.coreSeconds).median / seconds - 1) < 0.1)
        #expect(abs(try #require(estimate.wall[1]).median / seconds - 1) < 0.1)
    }

    @Test func `a plan of 30,000 tasks is told by its bounds`() throws {
        let histories = [history("f", seen.map { run($0.1, milliseconds: $0.1) })]
        let estimate = PlanSimulation.estimate(
            independent(30_000), histories: histories, cores: [4], draws: 4, seed: 1)
        #expect(abs(try #require(estimate.wall[4]).median / 41.25 - 1) < 0.15)
    }

    @Test func `client data and constants hold nothing up`() throws {
        var graph = independent(10)
        graph.data = [DataSpec(id: task(99), output: .page, byteCount: 800)]
        for place in graph.specs.indices { graph.specs[place].pages = [task(99)] }
        let histories = [history("f", seen.map { run($0.1, milliseconds: 10) })]
        let estimate = PlanSimulation.estimate(
            graph, histories: histories, cores: [1, 2], draws: 8, seed: 3)
        #expect(abs(try #require(estimate.wall[1]).median / 0.1 - 1) < 0.1)
        #expect(abs(try #require(estimate.wall[2]).median / 0.05 - 1) < 0.1)
    }

    @Test func `the same seed gives the same estimate`() {
        let histories = [history("f", seen.map { run($0.1, milliseconds: $0.1) })]
        func estimate() -> Estimate {
            PlanSimulation.estimate(
                independent(100), histories: histories, cores: [1, 2], draws: 8, seed: 3)
        }
        #expect(estimate() == estimate())
    }
}

extension GraphPart {
    /// The tasks, to be changed one by one.
    fileprivate var specs: [TaskSpec] {
        get { Array(tasks) }
        set { tasks = TaskColumns(newValue) }
    }
}
