// Stories of loops whose end depends on data.

import SwoopModel
import SwoopScheduling
import Testing

let placeholder = TaskID(high: 1, low: 1)
let bodyTask = TaskID(high: 1, low: 2)
let untilTask = TaskID(high: 1, low: 3)

/// A loop over one body task and, when asked for, a condition that reads its result.
func counting(
    _ number: Int, from initial: Argument = .bytes([0]), limit: UInt32 = 5, hasUntil: Bool = true,
    needs outer: [Int] = [], pages: Bool = false
) -> IterationSpec {
    var body = TaskSpec(id: bodyTask, function: FunctionIndex(0))
    if pages { body.pages = [placeholder] } else { body.arguments = [.output(placeholder)] }
    body.arguments += outer.map { .output(task($0)) }
    let until = TaskSpec(
        id: untilTask, function: FunctionIndex(0), arguments: [.output(bodyTask)])
    return IterationSpec(
        id: task(number), initial: initial, limit: limit,
        template: hasUntil ? [body, until] : [body],
        placeholder: placeholder, result: bodyTask, until: hasUntil ? untilTask : nil)
}

@Suite struct LoopStories {
    private func body(_ loop: Int, round: UInt64) -> TaskID {
        bodyTask.derived(site: task(loop).low ^ task(loop).high, ordinal: round)
    }

    private func until(_ loop: Int, round: UInt64) -> TaskID {
        untilTask.derived(site: task(loop).low ^ task(loop).high, ordinal: round)
    }

    @Test func `a loop runs until its condition holds, and its result is that of the last round`() {
        var cluster = TestCluster()
        cluster.submit([], loops: [counting(10)], held: [10])
        for round in 1...3 as ClosedRange<UInt64> {
            cluster.finish(body(10, round: round), value: [UInt8(round)])
            cluster.finish(until(10, round: round), value: [round == 3 ? 1 : 0])
        }
        cluster.expectFinished(10, value: [3])
        #expect(cluster.scheduler.tasks.count == 2)
        cluster.want(10)
        cluster.expect(.deliver(client, task(10), bytes: [3]))
        cluster.release(10)
        cluster.expectEmpty()
    }

    @Test func `a loop without a condition runs to its limit`() {
        var cluster = TestCluster()
        cluster.submit([], loops: [counting(10, limit: 4, hasUntil: false)], held: [10])
        for round in 1...4 as ClosedRange<UInt64> { cluster.finish(body(10, round: round)) }
        cluster.expectFinished(10)
        cluster.release(10)
        cluster.expectEmpty()
    }

    @Test func `tasks of the same and of later parts read the result of a loop`() {
        var cluster = TestCluster()
        cluster.submit(
            [call(1), call(2, needs: [10])],
            loops: [counting(10, from: .output(task(1)), limit: 1, hasUntil: false)],
            held: [2, 10])
        cluster.expectLease([1])
        cluster.finish(1)
        let last = body(10, round: 1)
        cluster.finish(last, value: [8])
        #expect(
            cluster.leases.last?.tasks[0].inputs == [
                AssignedInput(task: last, source: .inline([8]))
            ])
        cluster.submit([call(3, needs: [10])], held: [3])
        #expect(cluster.leases.last?.tasks[0].spec.arguments == [.output(last)])
        cluster.finish(2)
        cluster.finish(3)
        cluster.release(2, 3, 10)
        cluster.expectEmpty()
    }

    @Test func `what the body needs from outside is kept for every round`() {
        var cluster = TestCluster()
        cluster.submit(
            [call(1)], loops: [counting(10, limit: 3, hasUntil: false, needs: [1])], held: [10])
        cluster.finish(1)
        for round in 1...3 as ClosedRange<UInt64> {
            #expect(cluster.scheduler.tasks.index(of: task(1)) != nil)
            cluster.finish(body(10, round: round))
        }
        cluster.expectFinished(10)
        #expect(cluster.scheduler.tasks.index(of: task(1)) == nil)
        cluster.release(10)
        cluster.expectEmpty()
    }

    @Test func `a loop may carry a page from round to round`() {
        var cluster = TestCluster()
        cluster.submit(
            [call(1, output: .page)],
            loops: [
                counting(10, from: .output(task(1)), limit: 2, hasUntil: false, pages: true)
            ], held: [10])
        cluster.finish(1, page: 8)
        let page = StoredOutput.onePage(byteCount: 8, elementCount: 1)
        for round in 1...2 as ClosedRange<UInt64> {
            cluster.report(
                .ended(cluster.attempt(body(10, round: round)), .finished(page), RunRecord()))
        }
        cluster.expect(.dropPages(NodeID(1), [task(1)]))
        cluster.expectFinished(10, value: nil)
        cluster.want(10)
        cluster.expect(.requestOutput(NodeID(1), body(10, round: 2), client, name: task(10)))
        cluster.handle(.outputDelivered(client, task(10)))
        cluster.release(10)
        cluster.expectEmpty()
    }

    @Test func `a loop may start from the result of another that has not ended`() {
        var cluster = TestCluster()
        cluster.submit(
            [],
            loops: [
                counting(11, from: .output(task(10)), limit: 1, hasUntil: false),
                counting(10, limit: 1, hasUntil: false),
            ], held: [11])
        cluster.finish(body(10, round: 1))
        cluster.finish(body(11, round: 1))
        cluster.expectFinished(11)
        cluster.release(11)
        cluster.expectEmpty()
    }

    @Test func `a loop that is released half-way stops`() {
        var cluster = TestCluster()
        cluster.submit([], loops: [counting(10)], held: [10])
        cluster.finish(body(10, round: 1))
        cluster.finish(until(10, round: 1), value: [0])
        cluster.forget()
        cluster.release(10)
        cluster.expect("a revoked round") { if case .revoke = $0 { true } else { false } }
        cluster.expectEmpty()
    }

    @Test func `a failure in a round is the loop's`() {
        var cluster = TestCluster()
        cluster.submit([call(2, needs: [10])], loops: [counting(10)], held: [2, 10])
        let failure = TaskFailure(kind: .thrown, message: "it broke")
        cluster.report(
            .ended(cluster.attempt(body(10, round: 1)), .failed(failure), RunRecord()))
        cluster.expectFailed(10, .inputFailed)
        cluster.expectFailed(2, .inputFailed)
        cluster.release(2, 10)
        cluster.expectEmpty()
    }

    @Test func `a body that cannot run fails its loop`() {
        var cluster = TestCluster()
        var wrong = counting(10)
        wrong.template[0].function = FunctionIndex(9)
        cluster.submit([], loops: [wrong, counting(11, needs: [99])], held: [10, 11])
        cluster.expectFailed(10, .inputFailed)
        cluster.expectFailed(11, .invalidGraph)
        var endless = counting(12)
        endless.until = TaskID(high: 9, low: 9)
        cluster.submit([], loops: [endless], held: [12])
        cluster.expectFailed(12, .invalidGraph)
        cluster.release(10, 11, 12)
        cluster.expectEmpty()
    }

    @Test func `a loop of very many rounds takes linear time and constant room`() {
        var cluster = TestCluster()
        cluster.checks = false
        let rounds = UInt32(many)
        cluster.submit(
            [call(1)],
            loops: [counting(10, limit: rounds, hasUntil: false, needs: [1])], held: [10])
        cluster.finish(1)
        for round in 1...UInt64(rounds) { cluster.finish(body(10, round: round)) }
        cluster.expectFinished(10)
        #expect(cluster.scheduler.tasks.capacity <= 512)
    }
}
