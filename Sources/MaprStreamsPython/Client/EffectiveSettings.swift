import CPython
import PythonBridge
import Streams

/// `_effective_settings(is_consumer)`, for `python -m mapr_streams_python config`.
func effectiveSettings(_ module: Object?, _ argument: Object?) -> Object? {
    Python.entered(failure: nil) { python throws(PythonError) in
        let isConsumer = try python.truth(argument, default: false)
        let software = try packageSoftware(python)
        let settings = try python.raising { () throws(StreamsError) in
            try EffectiveSetting.all(of: isConsumer ? .consumer : .producer, software: software)
        }
        return try python.list(count: settings.count) { row throws(PythonError) in
            let setting = settings[row]
            let texts = [setting.name, setting.value, setting.origin]
            return try python.tuple(count: 4) { column throws(PythonError) in
                column == 3 ? python.boolean(setting.isSet) : try python.string(texts[column])
            }
        }.take()
    }
}
