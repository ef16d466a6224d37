import Synchronization
import Testing

@testable import Streams

@Suite struct LogLinesTests {
    private func line(_ number: Int) -> ClientEvents.LogLine {
        .init(level: 6, facility: "TEST", text: "\(number)", clientName: "me")
    }

    @Test func linesAreHandedOnInTheirOrderThoughNobodyServesTheClient() throws {
        let taken = Mutex<[String]>([])
        let lines = LogLines { given in
            taken.withLock { $0 += given.map { $0.text } }
            return given.count
        }
        for number in 0..<1000 { lines.add(line(number)) }
        #expect(eventually { !lines.isBusy })
        #expect(taken.withLock { $0 } == (0..<1000).map { "\($0)" })
    }

    @Test func aLogThatIsSlowerThanItsLinesKeepsNoMoreThanItsShare() throws {
        let taken = Mutex<[String]>([])
        let isHeld = Mutex(true)
        let lines = LogLines { given in
            taken.withLock { $0 += given.map { $0.text } }
            _ = eventually { isHeld.withLock { !$0 } }
            return given.count
        }
        lines.add(line(-1))
        #expect(eventually { taken.withLock { $0 == ["-1"] } })
        for number in 0..<LogLines.most + 5 { lines.add(line(number)) }
        isHeld.withLock { $0 = false }
        #expect(eventually { !lines.isBusy })
        let texts = taken.withLock { $0 }
        #expect(texts.count == LogLines.most + 2)
        #expect(texts.last == "5 lines were left out: the log is slower than they come")
    }

    @Test func aClientsLinesComeInTheBackgroundAndItsOwnWordsInTheCall() throws {
        let texts = Mutex<[String]>([])
        var events = ClientEvents()
        events.log = { _ in }
        events.backgroundLog = { lines in
            texts.withLock { $0 += lines.map { $0.text } }
            return lines.count
        }
        let configuration = Configuration(dialect: .mapr)
        try configuration.set("bootstrap.servers", "127.0.0.1:1")
        let producer = try Producer(configuration: configuration, events: events)
        #expect(eventually { texts.withLock { $0.contains { $0.contains("refused") } } })
        #expect(producer.context.lines != nil)
    }
}
