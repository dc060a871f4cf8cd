// Places of tasks against a dictionary: random ids, near and far, the same answers.

import SwoopModel
import Testing

struct TaskPlacesTests {
    @Test func `tasks have the places that a dictionary has, however odd their numbers are`() {
        var mixer = Mixer(seed: 3)
        func draw(_ limit: UInt64) -> UInt64 {
            mixer.mix(limit)
            return mixer.value % limit
        }
        func number() -> UInt64 {
            switch draw(4) {
            case 0: return draw(3_000)
            case 1: return 1_000_000 + draw(2_000_000)
            case 2: return .max - draw(2_000)
            default: return draw(.max)
            }
        }
        var places = TaskPlaces()
        var dictionary: [TaskID: Int32] = [:]
        var order: [TaskID] = []
        for step in 0..<20_000 {
            let task = TaskID(high: draw(3), low: number())
            #expect(places[task] == dictionary[task])
            if dictionary[task] == nil { order.append(task) }
            places[task] = Int32(step)
            dictionary[task] = Int32(step)
            // First it grows, then it shrinks to nothing.
            for _ in 0..<(step < 10_000 ? draw(2) : 2) where !order.isEmpty {
                let gone = order.remove(at: Int(draw(UInt64(order.count))))
                #expect(places.remove(gone) == dictionary.removeValue(forKey: gone))
                #expect(places[gone] == nil)
                #expect(places.remove(gone) == nil)
            }
            #expect(places.count == dictionary.count)
            if step % 1_000 == 0 { #expect(places.tasks == dictionary.keys.sorted()) }
        }
        for task in order { places[task] = nil }
        #expect(places.isEmpty)
        #expect(places.tasks.isEmpty)
    }
}
