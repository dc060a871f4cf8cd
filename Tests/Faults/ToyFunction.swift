// The one function of all toy tasks: pure, a hash of what goes in. And the serial run of a
// workload.

package import SwoopModel
package import SwoopSimulation

/// What a toy task makes of its inputs.
package enum ToyFunction {
    /// nil: it throws.
    static func bytes(of spec: TaskSpec, inputs: (TaskID) -> [UInt8]) -> [UInt8]? {
        // Every program has the same four: the scheduler numbers them on.
        let function = spec.function.rawValue % 4
        var mixer = Mixer(seed: UInt64(function))
        for argument in spec.arguments { mix(argument, into: &mixer, inputs) }
        for page in spec.pages { mix(inputs(page), into: &mixer) }
        // One in 300 throws, whoever runs it, however often.
        if mixer.value % 300 == 1 { return nil }
        if function == 3, spec.arguments.first == .bytes([0xb0]) {
            return [mixer.value % 4 == 0 ? 1 : 0]
        }
        let count = spec.output == .page ? 16 + Int(mixer.value % 200) : 8
        return (0..<count).map { place in
            if place % 8 == 0 { mixer.mix(UInt64(place)) }
            return UInt8(truncatingIfNeeded: mixer.value >> (UInt64(place % 8) * 8))
        }
    }

    private static func mix(
        _ argument: Argument, into mixer: inout Mixer, _ inputs: (TaskID) -> [UInt8]
    ) {
        switch argument {
        case .bytes(let bytes): mix(bytes, into: &mixer)
        case .output(let task): mix(inputs(task), into: &mixer)
        case .sequence(let parts): for part in parts { mix(part, into: &mixer, inputs) }
        case .operation(_, let operands, _, _):
            for operand in operands { mix(operand, into: &mixer, inputs) }
        }
    }

    private static func mix(_ bytes: [UInt8], into mixer: inout Mixer) {
        mixer.mix(UInt64(bytes.count))
        for byte in bytes { mixer.mix(UInt64(byte)) }
    }

    /// The same as a run in virtual time; its duration hangs on the task alone.
    package static func run(
        _ order: RunOrder, _ inputs: [TaskID: [UInt8]], makesChildren: Bool
    ) -> VirtualRun {
        var mixer = Mixer(seed: order.spec.id.low)
        mixer.mix(order.spec.id.high)
        // 10 µs to 1 ms, most of them short; one in 64 takes 20 ms.
        let scale = mixer.value % 64 == 0 ? 20_000 : Int64(10 + (mixer.value >> 8) % 100)
        let nanoseconds = scale * 1_000
        let children = makesChildren ? children(to: 2, using: &mixer) : []
        var run = VirtualRun(nanoseconds: nanoseconds, end: .thrown("a toy broke"))
        run.children = children
        guard let bytes = bytes(of: order.spec, inputs: { inputs[$0] ?? [] }) else { return run }
        run.end =
            order.spec.output == .page
            ? .page(bytes, elementCount: Int64(bytes.count)) : .value(bytes)
        return run
    }

    /// One run in four makes one to four others, and so may these.
    private static func children(to depth: Int, using mixer: inout Mixer) -> [VirtualRun] {
        mixer.mix(UInt64(depth))
        guard depth > 0, mixer.value % 4 == 0 else { return [] }
        return (0...(mixer.value >> 8) % 4).map { number in
            mixer.mix(number)
            let nanoseconds = Int64(5 + (mixer.value >> 8) % 60) * 1_000
            var child = VirtualRun(nanoseconds: nanoseconds, end: .value([]))
            child.children = children(to: depth - 1, using: &mixer)
            return child
        }
    }
}

extension Workload {
    /// Every held task's bytes by running one task after the other.
    func serialResults() -> [TaskID: [UInt8]?] {
        var known: [TaskID: [UInt8]?] = [:]
        for (item, bytes) in zip(part.data, data) { known[item.id] = .some(bytes) }
        func evaluate(_ spec: TaskSpec) {
            let inputs = spec.inputs.map { known[$0] ?? nil }
            guard inputs.allSatisfy({ $0 != nil }) else {
                known[spec.id] = .some(nil)
                return
            }
            known[spec.id] = .some(
                ToyFunction.bytes(of: spec) { (known[$0] ?? nil) ?? [] })
        }
        let loops = Set(part.iterations.map(\.id))
        let later = part.tasks.filter { !loops.isDisjoint(with: $0.inputs) }
        for spec in part.tasks where !later.contains(spec) { evaluate(spec) }
        for loop in part.iterations { known[loop.id] = .some(serialResult(of: loop, &known)) }
        for spec in later { evaluate(spec) }
        var results: [TaskID: [UInt8]?] = [:]
        for task in part.held { results[task] = .some(known[task] ?? nil) }
        return results
    }

    private func serialResult(
        of loop: IterationSpec, _ known: inout [TaskID: [UInt8]?]
    ) -> [UInt8]? {
        guard case .output(let initial) = loop.initial, var state = known[initial] ?? nil else {
            return nil
        }
        // What the body needs from outside must be there before the first round.
        let own = Set(loop.template.map(\.id) + [loop.placeholder])
        for task in loop.template.flatMap(\.inputs) where !own.contains(task) {
            if (known[task] ?? nil) == nil { return nil }
        }
        for _ in 0..<loop.limit {
            known[loop.placeholder] = .some(state)
            var isOver = false
            for spec in loop.template {
                let bytes = ToyFunction.bytes(of: spec) { (known[$0] ?? nil) ?? [] }
                // The scheduler waits for the condition only where there is one.
                if spec.id == loop.template.last?.id, loop.until == nil { continue }
                guard let bytes else { return nil }
                known[spec.id] = .some(bytes)
                if spec.id == loop.result { state = bytes }
                if spec.id == loop.until { isOver = bytes.first == 1 }
            }
            if isOver { break }
        }
        return state
    }
}
