// Kept data as the fields of messages.

internal import SwoopModel

extension ProtoKeptType {
    init(_ type: KeptType) {
        self.init()
        name = type.name
        layout = type.layout
        isArray = type.isArray
    }

    var type: KeptType { KeptType(name: name, layout: layout, isArray: isArray) }
}

extension ProtoKeepWish {
    init(_ wish: KeepWish) {
        self.init()
        number = wish.number
        name = wish.name
        type = ProtoKeptType(wish.type)
        tasks = ProtoTasks(wish.tasks)
        replaces = wish.replaces
    }

    func wish() throws(WireError) -> KeepWish {
        KeepWish(
            number: number, name: name, type: type.type, tasks: try tasks.tasks(),
            replaces: replaces)
    }
}

extension ProtoKeptAnswer {
    init(_ number: UInt64, names: [String] = [], refusal: String = "") {
        self.init()
        self.number = number
        name = names
        self.refusal = refusal
    }
}

extension [ProtoKeptUse] {
    init(_ uses: [KeptUse]) {
        self = uses.map { use in
            var message = ProtoKeptUse()
            message.kept = use.kept.rawValue
            message.tasks = ProtoTasks(use.tasks)
            message.output = UInt32(use.output.rawValue)
            return message
        }
    }

    func uses() throws(WireError) -> [KeptUse] {
        var uses: [KeptUse] = []
        for message in self {
            uses.append(
                KeptUse(
                    kept: KeptID(message.kept), tasks: try message.tasks.tasks(),
                    output: try enumeration(OutputKind.self, message.output)))
        }
        return uses
    }
}

extension ProtoKeptList {
    init(_ states: [KeptState]) {
        self.init()
        kept = states.map { state in
            var message = ProtoKept()
            message.id = state.id.rawValue
            message.name = state.name
            message.type = ProtoKeptType(state.type)
            message.byteCount = state.sizes.map(\.byteCount)
            message.elementCount = state.sizes.map(\.elementCount)
            message.placeNode = state.places.map(\.node)
            message.placePages = state.places.map(\.pages)
            message.placeByteCount = state.places.map(\.byteCount)
            message.age = state.age
            message.program = state.program
            message.loss = state.loss
            return message
        }
    }

    func states() throws(WireError) -> [KeptState] {
        var states: [KeptState] = []
        for message in kept { states.append(try message.state()) }
        return states
    }
}

extension ProtoKept {
    fileprivate func state() throws(WireError) -> KeptState {
        guard byteCount.count == elementCount.count, placeNode.count == placePages.count,
            placeNode.count == placeByteCount.count
        else { throw .malformed(.column, offset: 0) }
        guard byteCount.allSatisfy(SizeBound.holds), elementCount.allSatisfy(SizeBound.holds),
            placeByteCount.allSatisfy({ $0 >= 0 })
        else { throw .malformed(.number, offset: 0) }
        return KeptState(
            id: KeptID(id), name: name, type: type.type,
            sizes: byteCount.indices.map {
                KeptSize(byteCount: byteCount[$0], elementCount: elementCount[$0])
            },
            places: placeNode.indices.map {
                KeptPlace(
                    node: placeNode[$0], pages: placePages[$0], byteCount: placeByteCount[$0])
            },
            age: age, program: program, loss: loss)
    }
}
