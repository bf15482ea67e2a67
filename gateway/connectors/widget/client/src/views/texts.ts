// The widget's own words, Russian first; one line each, in the order of the names.

import { language } from "../state/language";

export const enum T {
  open, close, write, send, attach, emoji, sound, offline, network,
  waiting, sent, read, failed, again, remove, edited, deleted, typing, you, shop,
  photo, document, place, missing, lost, too_large, empty, folder, many, kind, bad, parts, as_file,
  name, phone, email, consent, policy, kilobytes, megabytes,
}

const TEXTS = {
  ru: `Открыть чат
Закрыть
Сообщение
Отправить
Прикрепить файл
Эмодзи
Звук
Сейчас никого нет, ответим позже.
Нет связи. Отправим, когда появится.
Отправляется
Отправлено
Прочитано
Не отправлено.
Повторить
Убрать
Изменено
Сообщение удалено
печатает…
Вы
Оператор
Фото
Файл
Место на карте
Файл не загрузился.
Файл потерян, приложите снова.
Файл слишком большой.
Файл пустой.
Папки не отправляются, приложите файлы из неё.
Не больше 10 файлов за раз.
Такие файлы здесь не принимают.
Не принято.
Длинный текст уйдёт частями:
Длинный текст приложен файлом.
Имя
Телефон
Почта
Согласен на обработку персональных данных:
условия
КБ
МБ`.split("\n"),
  en: `Open chat
Close
Message
Send
Attach a file
Emoji
Sound
Nobody is here now, we will answer later.
No connection. We will send when it is back.
Sending
Sent
Read
Not sent.
Retry
Remove
Edited
Message deleted
is typing…
You
Operator
Photo
File
Place on the map
The file did not load.
The file is lost, attach it again.
The file is too large.
The file is empty.
Folders cannot be sent, attach the files in it.
At most 10 files at a time.
Such files are not accepted here.
Not accepted.
The long text will go in parts:
The long text is attached as a file.
Name
Phone
Email
I agree to the processing of personal data:
terms
KB
MB`.split("\n"),
};

export const t = (which: T): string => TEXTS[language][which]!;
