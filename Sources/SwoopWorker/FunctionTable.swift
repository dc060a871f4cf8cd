// The functions that the agent declared, and their code in this process once a run has asked for
// it.

import CSwoopSystem
import SwoopElements
import SwoopModel

/// A function's code in this process.
enum FoundFunction: Sendable {
    case remote(_RemoteEntry)
    case kernel(_KernelEntry)
}

/// Functions by index.
struct FunctionTable {
    private(set) var specs: [FunctionSpec] = []
    private var found: [FoundFunction?] = []
    private var hasRun: [Bool] = []
    private let program: WorkerProgram

    init(program: WorkerProgram) { self.program = program }

    mutating func declare(first: UInt32, _ functions: [FunctionSpec]) {
        guard Int(first) <= specs.count else { return }
        let new = functions.dropFirst(specs.count - Int(first))
        specs.append(contentsOf: new)
        found.append(contentsOf: new.map { _ in nil })
        hasRun.append(contentsOf: new.map { _ in false })
    }

    /// A function, its code, and whether this process runs it for the first time.
    mutating func take(
        _ index: FunctionIndex
    ) -> (spec: FunctionSpec, code: FoundFunction, isCold: Bool)? {
        let place = Int(index.rawValue)
        guard place < specs.count else { return nil }
        if found[place] == nil { found[place] = find(specs[place].code) }
        guard let code = found[place] else { return nil }
        let isCold = !hasRun[place]
        hasRun[place] = true
        return (specs[place], code, isCold)
    }

    private func find(_ code: CodeReference) -> FoundFunction? {
        switch code {
        case .remote(let identity): return program.entry(identity).map { .remote($0) }
        case .code(let image, let offset):
            guard image.isEmpty else {
                return program.library(image).flatMap {
                    resolve(.code(address: UInt(offset) &+ $0))
                }
            }
            var main = unsafe swoop_image()
            guard unsafe swoop_image_main(&main) == 1 else { return nil }
            let address = unsafe UInt(offset) &+ UInt(main.load_offset)
            return resolve(.code(address: address))
        case .type(let name):
            guard let reference = _TypeReference(travelling: name, add: loadOffset) else {
                return nil
            }
            return resolve(.type(reference))
        }
    }

    private var loadOffset: UInt {
        var main = unsafe swoop_image()
        guard unsafe swoop_image_main(&main) == 1 else { return 0 }
        return unsafe UInt(main.load_offset)
    }

    private func resolve(_ reference: _KernelReference) -> FoundFunction? {
        let area = unsafe UnsafeMutableRawBufferPointer(
            start: swoop_name_area(), count: Int(SWOOP_NAME_AREA_BYTES))
        return unsafe reference.resolved(nameArea: area).map { .kernel($0) }
    }
}
