// Stories of data that is kept by a name when its client has gone.

import SwoopModel
import SwoopScheduling
import Testing

@Suite struct KeptStories {
    private let type = KeptType(name: "Sale", layout: "record Sale(x: f64)", isArray: true)
    private let other = ClientID(8)

    /// Pages 1 and 2, made of value 3, on nodes 1 and 2 of so many.
    private func made(nodes: Int = 2) -> TestCluster {
        var cluster = TestCluster(nodes: nodes, slots: 1)
        cluster.submit(
            [call(3), call(1, needs: [3], output: .page), call(2, needs: [3], output: .page)],
            held: [1, 2])
        cluster.finish(3, value: [UInt8](repeating: 1, count: 9))
        for number in 1...2 { cluster.finish(number, page: 800) }
        cluster.forget()
        return cluster
    }

    private func keep(
        _ cluster: inout TestCluster, as name: String = "sales", number: UInt64 = 1,
        tasks: [Int] = [1, 2], replaces: Bool = false, by who: ClientID = client
    ) {
        let wish = KeepWish(
            number: number, name: name, type: type, tasks: tasks.map(task), replaces: replaces)
        cluster.handle(.keepWanted(who, wish, program: "load"))
    }

    /// Makes the copies that were ordered; answers with their targets.
    @discardableResult
    private func copy(_ cluster: inout TestCluster) -> [NodeID] {
        var targets: [NodeID] = []
        while let place = cluster.orders.firstIndex(where: { order in
            if case .copyPage = order { true } else { false }
        }) {
            guard case .copyPage(let node, let copy) = cluster.orders.remove(at: place) else {
                break
            }
            targets.append(node)
            cluster.handle(.pageCopied(node, copy.attempt.task))
        }
        return targets
    }

    private func kept(nodes: Int = 2) -> TestCluster {
        var cluster = made(nodes: nodes)
        keep(&cluster)
        copy(&cluster)
        cluster.expect(.tellKept)
        cluster.expect(.settleKeeping(client, number: 1, refusal: ""))
        cluster.forget()
        return cluster
    }

    private func names(_ cluster: TestCluster) -> [String] {
        cluster.scheduler.keptStates.map(\.name)
    }

    private func refusal(
        _ cluster: inout TestCluster, at location: SourceLocation = #_sourceLocation
    ) -> String {
        let found = cluster.expect("an answer", at: location) {
            if case .settleKeeping = $0 { true } else { false }
        }
        guard case .settleKeeping(_, _, let refusal) = found else { return "" }
        return refusal
    }

    /// Another client comes, and reads what is kept: names 101 and 102 stand for its pages, and
    /// task 103 reads both.
    private func read(_ cluster: inout TestCluster, _ id: KeptID? = nil) {
        cluster.handle(.clientJoined(other, .none))
        let kept = id ?? cluster.scheduler.keptStates.first?.id ?? KeptID(0)
        var part = GraphPart(
            functions: [function("g")], tasks: [call(103, pages: [101, 102])],
            held: [101, 102, 103].map(task))
        part.kept = [KeptUse(kept: kept, tasks: [101, 102].map(task), output: .page)]
        cluster.handle(.graphSubmitted(other, part, data: []))
    }

    @Test func `kept pages are on two nodes, without lineage, and outlive their client`() {
        var cluster = made()
        keep(&cluster)
        #expect(names(cluster).isEmpty)
        #expect(copy(&cluster).count == 2)
        cluster.expect(.tellKept)
        cluster.expect(.settleKeeping(client, number: 1, refusal: ""))
        // Nothing is made again of the value: it went with the lineage.
        #expect(cluster.state(3) == nil)
        cluster.forget()
        cluster.handle(.clientLeft(client))
        cluster.expectNothingElse()
        let state = cluster.scheduler.keptStates[0]
        #expect(state.name == "sales" && state.program == "load" && state.byteCount == 1_600)
        #expect(state.elementCount == 200 && state.type == type)
        #expect(state.places.map(\.pages) == [2, 2] && state.places.map(\.node) == ["n1", "n2"])
        cluster.handle(.keptUnwanted(other, number: 5, ["sales"]))
        for node in [NodeID(1), NodeID(2)] {
            for number in 1...2 { cluster.expect(.dropPages(node, [task(number)])) }
        }
        cluster.expect(.tellKept)
        cluster.expect(.settleKeeping(other, number: 5, refusal: ""))
        cluster.expectEmpty()
    }

    @Test func `another client reads them, and keeps them as long as it reads`() {
        var cluster = kept()
        cluster.handle(.clientLeft(client))
        cluster.forget()
        read(&cluster)
        for number in [101, 102] {
            cluster.expect(
                .notify(
                    other,
                    .finished(task(number), value: nil, byteCount: 800, elementCount: 100)))
        }
        guard
            case .grantLease(_, let lease)? = cluster.expect(
                "a lease",
                where: {
                    if case .grantLease = $0 { true } else { false }
                })
        else { return }
        #expect(lease.tasks[0].spec.pages == [task(1), task(2)])
        cluster.handle(.keptUnwanted(other, number: 1, ["sales"]))
        cluster.expect(.tellKept)
        cluster.expect(.settleKeeping(other, number: 1, refusal: ""))
        cluster.expectNothingElse()
        cluster.finish(103)
        cluster.forget()
        cluster.handle(.outputsWanted(other, [task(101)]))
        cluster.expect(.requestOutput(NodeID(1), task(1), other, name: task(101)))
        cluster.handle(.outputDelivered(other, task(101)))
        cluster.expectNothingElse()
        cluster.handle(.clientLeft(other))
        #expect(cluster.orders.count { if case .dropPages = $0 { true } else { false } } == 4)
        cluster.forget()
        cluster.expectEmpty()
    }

    @Test func `a small value is kept by the coordinator alone`() {
        var cluster = TestCluster()
        cluster.submit([call(1)], held: [1])
        cluster.finish(1, value: [7])
        cluster.forget()
        let value = KeptType(name: "Int", layout: "i64", isArray: false)
        let wish = KeepWish(number: 1, name: "rate", type: value, tasks: [task(1)])
        cluster.handle(.keepWanted(client, wish, program: ""))
        cluster.expect(.tellKept)
        cluster.expect(.settleKeeping(client, number: 1, refusal: ""))
        cluster.handle(.clientLeft(client))
        cluster.lose(1)
        cluster.forget()
        #expect(cluster.scheduler.keptStates.map(\.places) == [[]])
        cluster.handle(.clientJoined(other, .none))
        var part = GraphPart(held: [task(101)])
        let id = cluster.scheduler.keptStates[0].id
        part.kept = [KeptUse(kept: id, tasks: [task(101)], output: .value)]
        cluster.handle(.graphSubmitted(other, part, data: []))
        cluster.expect(
            .notify(other, .finished(task(101), value: [7], byteCount: 1, elementCount: 1)))
    }

    @Test func `what a lost node had is copied to a third, or when one comes`() {
        var cluster = kept(nodes: 3)
        cluster.handle(.clientLeft(client))
        let places = cluster.scheduler.keptStates[0].places.map(\.node)
        cluster.lose(places.contains("n1") ? 1 : 2)
        copy(&cluster)
        #expect(cluster.scheduler.keptStates[0].places.map(\.pages).reduce(0, +) == 4)
        cluster.lose(3)
        cluster.forget()
        #expect(cluster.scheduler.keptStates[0].places.map(\.pages) == [2])
        cluster.join(4)
        #expect(copy(&cluster) == [NodeID(4), NodeID(4)])
        #expect(cluster.scheduler.keptStates[0].places.map(\.pages) == [2, 2])
        #expect(cluster.scheduler.keptStates[0].loss.isEmpty)
    }

    @Test func `one node is enough where there is one, and its loss is told`() {
        var cluster = TestCluster(nodes: 1) { $0.failsWithoutNodes = false }
        cluster.submit([call(1, output: .page)], held: [1])
        cluster.finish(1, page: 80)
        cluster.forget()
        keep(&cluster, tasks: [1])
        cluster.expect(.settleKeeping(client, number: 1, refusal: ""))
        cluster.handle(.clientLeft(client))
        cluster.handle(.clientJoined(other, .none))
        cluster.forget()
        cluster.lose(1)
        let told = [cluster.expectRemark(to: other), cluster.expectRemark(to: other)]
        #expect(told.contains { $0.contains("the kept data sales is lost") }, "\(told)")
        cluster.expect(.tellKept)
        let lost = cluster.scheduler.keptStates[0]
        #expect(lost.loss == "every node that had some page of it is lost")
        let id = lost.id
        cluster.forget()
        cluster.join(2)
        read(&cluster, id)
        let failed = cluster.orders.filter { order in
            if case .notify(other, .failed(_, let failure)) = order {
                failure.kind == .notKept
            } else {
                false
            }
        }
        #expect(failed.count == 3)
        // Its name can be given again, and it can be forgotten.
        cluster.handle(.keptUnwanted(other, number: 9, ["sales"]))
        #expect(names(cluster).isEmpty)
    }

    @Test func `what is read while the last copy is lost fails with the reason`() {
        var cluster = kept()
        cluster.handle(.clientLeft(client))
        read(&cluster)
        cluster.forget()
        cluster.join(3)
        cluster.forget()
        // The copies for the new node are not made yet.
        cluster.lose(1)
        cluster.forget()
        cluster.lose(2)
        let failure = cluster.orders.compactMap { order -> TaskFailure? in
            guard case .notify(other, .failed(task(103), let failure)) = order else { return nil }
            return failure
        }
        #expect(failure.first?.message.contains("it was kept") == true, "\(cluster.orders)")
    }

    @Test func `a leaving node hands its kept pages on, and waits where nobody takes them`() {
        var cluster = kept(nodes: 3)
        cluster.handle(.clientLeft(client))
        cluster.forget()
        for node in 1...2 {
            cluster.handle(
                .drainWanted(NodeID(UInt32(node)), until: Timestamp(nanoseconds: cluster.now)))
            for _ in 0..<4 {
                copy(&cluster)
                cluster.now += 200_000_000
                cluster.handle(.deadlineReached)
            }
            cluster.expect(.nodeDrained(NodeID(UInt32(node))))
        }
        #expect(cluster.scheduler.keptStates[0].places.map(\.node) == ["n3"])
        cluster.handle(.drainWanted(NodeID(3), until: Timestamp(nanoseconds: cluster.now)))
        cluster.now += 200_000_000
        cluster.handle(.deadlineReached)
        let words = cluster.scheduler.rest(of: NodeID(3))?.words ?? ""
        #expect(words.contains("swoop data free sales"), "\(words)")
        cluster.handle(.keptUnwanted(other, number: 1, ["sales"]))
        cluster.now += 200_000_000
        cluster.handle(.deadlineReached)
        cluster.expect(.nodeDrained(NodeID(3)))
    }

    @Test func `a name that is taken is refused, or replaced where that is wanted`() {
        var cluster = kept()
        cluster.submit([call(5, output: .page)], held: [5])
        cluster.finish(5, page: 80)
        cluster.forget()
        keep(&cluster, number: 2, tasks: [5])
        let refused = refusal(&cluster)
        #expect(refused.contains("sales is kept already, by load, as an array of Sale"))
        #expect(refused.contains("replacing: true"))
        keep(&cluster, number: 3, tasks: [5], replaces: true)
        #expect(cluster.scheduler.keptStates[0].byteCount == 1_600)
        copy(&cluster)
        #expect(refusal(&cluster) == "")
        #expect(cluster.scheduler.keptStates.map(\.byteCount) == [80])
        // The first client still holds the old pages.
        #expect(cluster.state(1) == .done)
        cluster.release(1, 2)
        #expect(cluster.state(1) == nil)
    }

    @Test func `wrong wishes are refused with a reason`() {
        var cluster = made()
        for name in ["", "-f", "two words", "a\u{1b}[2J", String(repeating: "x", count: 101)] {
            keep(&cluster, as: name)
            #expect(!refusal(&cluster).isEmpty, "\(name)")
        }
        keep(&cluster, tasks: [4])
        #expect(refusal(&cluster).contains("it was released before it was kept"))
        cluster.handle(.clientJoined(other, .none))
        keep(&cluster, by: other)
        #expect(refusal(&cluster).contains("it was released before it was kept"))
        cluster.handle(.keptUnwanted(other, number: 1, ["sales"]))
        #expect(refusal(&cluster).contains("nothing is kept as \"sales\", or as anything else"))
        #expect(names(cluster).isEmpty)
        cluster.release(1, 2)
        cluster.forget()
        cluster.expectEmpty()
    }

    @Test func `a client that goes before the answer leaves nothing`() {
        var cluster = made()
        keep(&cluster)
        cluster.handle(.clientLeft(client))
        copy(&cluster)
        cluster.forget()
        #expect(names(cluster).isEmpty)
        cluster.expectEmpty()
    }

    @Test func `a page that is lost before it is kept is made again, its program being there`() {
        var cluster = TestCluster(nodes: 2, slots: 1)
        cluster.submit([call(1, output: .page)], held: [1])
        let node = Int(cluster.node(task(1))?.rawValue ?? 1)
        cluster.finish(1, page: 80)
        cluster.lose(node)
        cluster.forget()
        keep(&cluster, tasks: [1])
        cluster.expectNothingElse()
        cluster.finish(1, page: 80)
        cluster.expect(.settleKeeping(client, number: 1, refusal: ""))
    }

    @Test func `a copy that no node can make is told of, and what is kept is kept once`() {
        var cluster = made()
        keep(&cluster)
        while let place = cluster.orders.firstIndex(where: { order in
            if case .copyPage = order { true } else { false }
        }) {
            guard case .copyPage(let node, let copy) = cluster.orders.remove(at: place) else {
                break
            }
            let failure = TaskFailure(
                kind: .noMemory, message: "its disk is full", task: copy.attempt.task)
            cluster.handle(.pageNotCopied(node, failure))
        }
        #expect(
            cluster.expectRemark()
                == "a page of the kept data sales is on one node only: its disk is full")
        #expect(refusal(&cluster) == "")
        #expect(cluster.scheduler.keptStates[0].places.map(\.pages).reduce(0, +) == 2)
    }

    @Test func `what is kept twice stays until both names are free`() {
        var cluster = kept()
        keep(&cluster, as: "again", number: 2)
        #expect(refusal(&cluster) == "")
        cluster.handle(.clientLeft(client))
        cluster.handle(.keptUnwanted(other, number: 1, ["sales"]))
        #expect(names(cluster) == ["again"] && cluster.state(1) == .done)
        cluster.handle(.keptUnwanted(other, number: 1, ["again"]))
        cluster.forget()
        cluster.expectEmpty()
    }

    @Test func `what one program reads it can keep under another name`() {
        var cluster = kept()
        cluster.handle(.clientLeft(client))
        read(&cluster)
        cluster.forget()
        keep(&cluster, as: "copy", number: 4, tasks: [101, 102], by: other)
        #expect(refusal(&cluster) == "")
        cluster.handle(.keptUnwanted(other, number: 1, ["sales"]))
        cluster.handle(.clientLeft(other))
        #expect(names(cluster) == ["copy"] && cluster.state(2) == .done)
    }

    @Test func `the result of a loop is kept, and what the loop was made of goes`() {
        var cluster = TestCluster(nodes: 1)
        let placeholder = TaskID(high: 1, low: 1)
        var step = call(20)
        step.arguments = [.output(placeholder)]
        let loop = IterationSpec(
            id: task(30), initial: .output(task(1)), limit: 1, template: [step],
            placeholder: placeholder, result: task(20), until: nil)
        cluster.submit([call(1)], loops: [loop], held: [30])
        cluster.finish(1)
        let round = cluster.granted.last?.attempt.task ?? task(0)
        cluster.finish(round, value: [9])
        cluster.forget()
        keep(&cluster, as: "loop", tasks: [30])
        #expect(refusal(&cluster) == "")
        cluster.handle(.clientLeft(client))
        cluster.handle(.clientJoined(other, .none))
        cluster.forget()
        var part = GraphPart(held: [task(101)])
        let id = cluster.scheduler.keptStates[0].id
        part.kept = [KeptUse(kept: id, tasks: [task(101)], output: .value)]
        cluster.handle(.graphSubmitted(other, part, data: []))
        cluster.expect(
            .notify(other, .finished(task(101), value: [9], byteCount: 1, elementCount: 1)))
        #expect(cluster.scheduler.tasks.count == 2)
    }

    @Test func `two that keep the same name at once do not mix`() {
        var cluster = made()
        keep(&cluster, number: 1, tasks: [1])
        keep(&cluster, number: 2, tasks: [2])
        #expect(refusal(&cluster).contains("sales is being kept by another program just now"))
        keep(&cluster, number: 3, tasks: [2], replaces: true)
        copy(&cluster)
        #expect(refusal(&cluster) == "" && refusal(&cluster) == "")
        #expect(cluster.scheduler.keptStates.map(\.byteCount) == [800])
        cluster.release(1, 2)
        #expect(cluster.state(1) == nil && cluster.state(2) == .done)
    }
}
