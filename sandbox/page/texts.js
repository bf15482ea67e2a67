/**
 * Every word of the page in Russian and English. `say` ties a text to an element, so that a change of language
 * rewrites the elements in place and loses neither drafts nor scroll positions.
 */

// key: [Russian, English]
const WORDS = {
  title: ["Песочница", "Sandbox"],
  step1: ["Клиент: вопрос боту или в чат на сайте", "Customer: a question to the bot or in the site’s chat"],
  step2: ["Оператор: «Ответить» и текст ответа", "Operator: “Ответить” and the answer"],
  step3: ["Ответ у клиента; в конце «Завершить»", "The customer has it; “Завершить” ends it"],
  howto: ["Как играть", "How to play"],

  gateway: ["Шлюз", "Gateway"],
  "gateway-starting": ["запускается", "starting"],
  "gateway-running": ["работает", "running"],
  "gateway-stopped": ["остановлен", "stopped"],
  offline: ["нет связи с песочницей, подключаюсь…", "no connection to the sandbox, reconnecting…"],
  language: ["Switch to English", "Переключить на русский"],
  "language-short": ["EN", "RU"],
  phones: ["Телефоны", "Phones"],
  customers: ["Клиенты", "Customers"],
  operators: ["Операторы", "Operators"],
  "add-customer": ["Новый клиент", "New customer"],
  "add-operator": ["Новый оператор", "New operator"],
  "no-phones": ["Ни один телефон не показан: выберите их в меню «Телефоны»", "No phones shown: choose them under “Phones”"],

  faults: ["Сбои", "Faults"],
  "faults-hint": [
    "Что сервер мессенджера сделает не так. Шлюз должен пережить всё это без потерь.",
    "What the messenger’s server will do wrong. The gateway should survive all of it without a loss.",
  ],
  "fault-429": ["429: слишком часто", "429: too many requests"],
  "fault-429-hint": ["отправки отклонены, повторить через 3 с", "sends refused, retry after 3 s"],
  "fault-500": ["500: ошибка сервера", "500: server error"],
  "fault-500-hint": ["отправка не принята", "the send is not accepted"],
  "fault-lost_reply": ["Потерянный ответ", "Lost reply"],
  "fault-lost_reply-hint": ["принято, но связь оборвана до ответа", "accepted, but cut off before the answer"],
  "fault-duplicate": ["Дубли", "Duplicates"],
  "fault-duplicate-hint": ["обновления приходят дважды", "updates arrive twice"],
  "fault-delay": ["Задержка", "Delay"],
  "fault-delay-hint": ["каждая отправка ждёт 2 с", "each send waits for 2 s"],
  vk: ["ВКонтакте", "VK"],
  "fault-vk-6": ["Ошибка 6: слишком часто", "Error 6: too many requests"],
  "fault-vk-6-hint": ["отправка не принята", "the send is not accepted"],
  "fault-vk-lost_reply": ["Потерянный ответ", "Lost reply"],
  "fault-vk-lost_reply-hint": ["принято, но связь оборвана до ответа", "accepted, but cut off before the answer"],
  "fault-vk-failed": ["Long Poll: failed 1", "Long Poll: failed 1"],
  "fault-vk-failed-hint": ["часть событий забыта сервером", "the server forgot some of the events"],
  "fault-vk-duplicate": ["Long Poll: дубли", "Long Poll: duplicates"],
  "fault-vk-duplicate-hint": ["события приходят дважды", "events arrive twice"],
  avito: ["Авито", "Avito"],
  "fault-avito-429": ["429: слишком часто", "429: too many requests"],
  "fault-avito-429-hint": ["отправки отклонены, повторить через 3 с", "sends refused, retry after 3 s"],
  "fault-avito-lost_reply": ["Потерянный ответ", "Lost reply"],
  "fault-avito-lost_reply-hint": ["принято, но связь оборвана до ответа", "accepted, but cut off before the answer"],
  "fault-avito-token": ["403: токен истёк", "403: the token has expired"],
  "fault-avito-token-hint": ["при отправке; нужен новый токен", "at a send; a new token is needed"],
  "fault-avito-402": ["402: тариф не оплачен", "402: the tariff is not paid"],
  "fault-avito-402-hint": ["отправка не принята", "the send is not accepted"],
  max: ["MAX", "MAX"],
  "fault-max-429": ["429: слишком часто", "429: too many requests"],
  "fault-max-429-hint": ["отправки отклонены, без срока повтора", "sends refused, without a word on when to retry"],
  "fault-max-not_ready": ["Файл ещё не готов", "The file is not ready yet"],
  "fault-max-not_ready-hint": ["attachment.not.ready, отправка не принята", "attachment.not.ready, the send is not accepted"],
  "fault-max-lost_reply": ["Потерянный ответ", "Lost reply"],
  "fault-max-lost_reply-hint": ["принято, но связь оборвана до ответа", "accepted, but cut off before the answer"],
  "fault-max-success_false": ["200, но success: false", "200 with success: false"],
  "fault-max-success_false-hint": ["изменение не принято", "the edit is not accepted"],
  "fault-max-duplicate": ["Дубли", "Duplicates"],
  "fault-max-duplicate-hint": ["прочитанные обновления приходят ещё раз", "updates that were read come once more"],
  "fault-times": ["сколько раз", "how many times"],
  "fault-fired": ["сработало: {count}", "fired: {count}"],

  bot: ["бот", "bot"],
  typing: ["печатает…", "typing…"],
  "blocked-state": ["заблокирован", "blocked"],
  start: ["Старт", "Start"],
  unblock: ["Разблокировать", "Unblock"],
  block: ["Заблокировать бота", "Block the bot"],
  "unblock-bot": ["Разблокировать бота", "Unblock the bot"],
  "deny-messages": ["Запретить сообщения от сообщества", "Deny the community’s messages"],
  "allow-messages": ["Разрешить сообщения", "Allow messages"],
  "messages-denied": ["сообщения запрещены", "messages are denied"],
  "staff-answer": ["Ответить от имени сообщества во ВКонтакте", "Answer as the community, in VK itself"],
  "avito-refuse": ["Не получать сообщения продавца", "Take no messages of the seller"],
  "avito-accept": ["Снова получать сообщения", "Take messages again"],
  "avito-refused": ["сообщения не принимаются", "messages are not taken"],
  "avito-remove": ["Удалить", "Delete"],
  "avito-staff-answer": ["Ответить от имени продавца в Авито", "Answer as the seller, in Avito itself"],
  "avito-system": ["Сообщение от самого Авито", "A message from Avito itself"],
  "max-stop": ["Остановить бота", "Stop the bot"],
  "max-start-again": ["Запустить бота снова", "Start the bot again"],
  "max-stopped": ["бот остановлен", "the bot is stopped"],
  "max-remove": ["Удалить", "Delete"],
  "max-mute": ["Выключить звук на час", "Mute for an hour"],
  "max-unmute": ["Включить звук", "Unmute"],
  "max-clear": ["Очистить переписку", "Clear the dialog"],
  "max-unsubscribe": ["Потерять подписку бота молча", "Lose the bot’s subscription silently"],
  "max-forward": ["Пересланное сообщение", "Forwarded message"],
  "read-mark": ["Прочитано", "Read"],
  "sent-mark": ["Отправлено", "Sent"],
  "on-vk": ["ВК", "VK"],
  "chat-with": ["Чат с {name}", "Chat with {name}"],
  "phone-of": ["Телефон: {name}", "{name}’s phone"],
  "phone-menu": ["Меню телефона", "Phone menu"],
  customer: ["клиент", "customer"],
  visitor: ["посетитель", "visitor"],
  "shop-name": ["Сайт «Ромашка»", "Romashka’s site"],
  "shop-site": ["Сайт магазина «Ромашка» с чатом", "The shop’s site with the chat"],
  "open-in-tab": ["Открыть в новой вкладке", "Open in a new tab"],
  operator: ["оператор", "operator"],
  messages: ["Сообщения", "Messages"],
  "empty-chat": ["Здесь пока нет сообщений", "No messages here yet"],
  "unopened-chat": ["Нажмите «Старт», чтобы начать разговор", "Press “Start” to begin the conversation"],
  "to-newest": ["К новым сообщениям", "To the newest messages"],
  unread: ["Новых: {count}", "{count} new"],

  today: ["Сегодня", "Today"],
  edited: ["изменено", "edited"],
  reply: ["Ответить", "Reply"],
  more: ["Ещё", "More"],
  edit: ["Изменить", "Edit"],
  copy: ["Копировать текст", "Copy text"],
  remove: ["Удалить у себя", "Delete for me"],
  react: ["Поставить реакцию {emoji}", "React with {emoji}"],
  "drop-reaction": ["Снять реакцию {emoji}", "Take back {emoji}"],
  "reaction-of-bot": ["реакция бота", "bot’s reaction"],
  forwarded: ["Переслано от {name}", "Forwarded from {name}"],
  spoiler: ["Показать скрытый текст", "Show the hidden text"],
  unknown: ["Сообщение этого вида страница не показывает", "The page cannot show this kind of message"],

  photo: ["Фото", "Photo"],
  album: ["Альбом", "Album"],
  document: ["Файл", "File"],
  voice: ["Голосовое сообщение", "Voice message"],
  video: ["Видео", "Video"],
  video_note: ["Видеосообщение", "Video message"],
  animation: ["Анимация", "GIF"],
  audio: ["Музыка", "Music"],
  sticker: ["Стикер", "Sticker"],
  location: ["Место", "Location"],
  contact: ["Контакт", "Contact"],
  link: ["Ссылка", "Link"],
  wall: ["Запись на стене", "Wall post"],
  market: ["Товар", "Product"],
  item: ["Объявление", "Listing"],
  call: ["Звонок", "Call"],
  "missed-call": ["Пропущенный звонок", "Missed call"],
  app_call: ["Звонок через приложение", "Call in the app"],
  file: ["Файл", "File"],
  deleted: ["Сообщение удалено", "Deleted message"],
  gift: ["Подарок", "Gift"],
  meta: ["WhatsApp и Instagram", "WhatsApp and Instagram"],
  whatsapp: ["WhatsApp", "WhatsApp"],
  instagram: ["Instagram", "Instagram"],
  "fault-whatsapp-131026": ["WhatsApp: не доставлено (131026)", "WhatsApp: undeliverable (131026)"],
  "fault-whatsapp-131026-hint": ["принято, потом статус «ошибка»", "accepted, then a failed status"],
  "fault-whatsapp-131056": ["WhatsApp: слишком часто (131056)", "WhatsApp: too often (131056)"],
  "fault-whatsapp-131056-hint": ["отправка не принята", "the send is not accepted"],
  "fault-whatsapp-lost_reply": ["WhatsApp: потерянный ответ", "WhatsApp: lost reply"],
  "fault-whatsapp-lost_reply-hint": ["принято, но связь оборвана до ответа", "accepted, but cut off before the answer"],
  "fault-whatsapp-duplicate": ["WhatsApp: дубли", "WhatsApp: duplicates"],
  "fault-whatsapp-duplicate-hint": ["вебхуки приходят дважды", "webhooks arrive twice"],
  "fault-instagram-lost_reply": ["Instagram: потерянный ответ", "Instagram: lost reply"],
  "fault-instagram-lost_reply-hint": ["принято, но связь оборвана до ответа", "accepted, but cut off before the answer"],
  "fault-instagram-duplicate": ["Instagram: дубли", "Instagram: duplicates"],
  "fault-instagram-duplicate-hint": ["вебхуки приходят дважды", "webhooks arrive twice"],
  "block-business": ["Заблокировать компанию", "Block the business"],
  "unblock-business": ["Разблокировать компанию", "Unblock the business"],
  "business-blocked": ["компания заблокирована", "the business is blocked"],
  "staff-whatsapp": ["Ответить за компанию в приложении WhatsApp", "Answer as the business, in WhatsApp’s own app"],
  "staff-instagram": ["Ответить за компанию в самом Instagram", "Answer as the business, in Instagram itself"],
  "written-ago": ["Написать задним числом", "Write as of some hours ago"],
  "hours-ago": ["Часов назад", "Hours ago"],
  hours: ["Часов", "Hours"],
  "move-clock": ["Перевести часы песочницы вперёд", "Move the sandbox’s clock ahead"],
  "move-clock-hint": ["Обратно они не ходят. Часы шлюза остаются на месте.", "It never goes back. The gateway’s own clock stays."],
  "do-it": ["Готово", "Done"],
  order: ["Заказ из каталога", "Order from the catalogue"],
  unsupported: ["Опрос (не передаётся)", "Poll (not passed on)"],
  contacts: ["Контакт", "Contact"],
  story_mention: ["Упоминание в истории", "Mention in a story"],
  story_reply: ["Ответ на историю", "Reply to a story"],
  share: ["Публикация", "Shared post"],
  ig_reel: ["Reels", "Reel"],
  ig_post: ["Публикация", "Post"],
  like_heart: ["Сердечко", "Heart"],
  ephemeral: ["Исчезающее фото", "Disappearing photo"],
  "open-photo": ["Открыть фото", "Open the photo"],
  "close-photo": ["Закрыть фото", "Close the photo"],
  download: ["Скачать {name}", "Download {name}"],
  play: ["Воспроизвести", "Play"],
  pause: ["Пауза", "Pause"],
  seek: ["Перемотка", "Seek"],

  write: ["Сообщение", "Message"],
  send: ["Отправить", "Send"],
  attach: ["Приложить", "Attach"],
  "attach-photo": ["Фото или видео…", "Photo or video…"],
  "attach-file": ["Файл…", "File…"],
  samples: ["Готовые образцы", "Ready samples"],
  detach: ["Убрать {name}", "Remove {name}"],
  "drop-here": ["Отпустите, чтобы приложить", "Drop to attach"],
  commands: ["Команды бота", "Bot commands"],
  "reply-to": ["Ответ: {name}", "Reply to {name}"],
  "edit-message": ["Изменение сообщения", "Editing"],
  cancel: ["Отменить", "Cancel"],
  you: ["Вы", "You"],
  ok: ["OK", "OK"],

  bytes: ["Б", "B"],
  kilobytes: ["КБ", "KB"],
  megabytes: ["МБ", "MB"],
  unreachable: ["Песочница не отвечает: запущена ли она?", "The sandbox does not answer: is it running?"],
  refused: ["Песочница отказала: {status}", "The sandbox refused: {status}"],

  "refused-no-button": ["Этой кнопки больше нет: сообщение успело измениться", "This button is gone: the message has changed"],
  "refused-no-message": ["Этого сообщения больше нет", "This message is gone"],
  "refused-no-text": ["Нечего отправлять: текста нет", "There is no text to send"],
  "refused-too-long": ["Текст длиннее 4096 знаков: отправьте его частями", "The text is longer than 4096 characters: send it in parts"],
  "refused-avito-too-long": ["Текст длиннее 1000 знаков: отправьте его частями", "The text is longer than 1000 characters: send it in parts"],
  "refused-avito-no-picture": ["Авито принимает картинки JPEG, HEIC, GIF, BMP и PNG", "Avito takes pictures as JPEG, HEIC, GIF, BMP and PNG"],
  "refused-avito-blacklisted": ["Продавец добавил вас в чёрный список", "The seller has put you into the blacklist"],
  "refused-avito-not-begun": ["Покупатель ещё не написал: начать чат может только он", "The buyer has not written yet: only the buyer begins a chat"],
  "refused-max-too-long": ["Текст длиннее 4000 знаков: отправьте его частями", "The text is longer than 4000 characters: send it in parts"],
  "refused-max-too-many": ["Столько файлов в одном сообщении не бывает", "So many files do not stand in one message"],
  "refused-max-not-started": ["Сначала нажмите «Старт»", "Press “Start” first"],
  "refused-empty-file": ["Файл пуст", "The file is empty"],
  "refused-same-text": ["В сообщении уже написано именно это", "The message says exactly that already"],
  "refused-not-own": ["Изменить можно только своё сообщение", "Only one’s own message can be edited"],
  "refused-deactivated": ["Аккаунт этого человека удалён", "This person’s account is deleted"],
  "refused-bot-blocked": ["Бот заблокирован: сначала разблокируйте его", "The bot is blocked: unblock it first"],
  "refused-blocked-already": ["Бот уже заблокирован", "The bot is blocked already"],
  "refused-not-blocked": ["Бот не заблокирован", "The bot is not blocked"],
};

const LANGUAGES = ["ru", "en"];
const STORED = "sandbox.language";
let language = LANGUAGES.includes(localStorage.getItem(STORED)) ? localStorage.getItem(STORED) : "ru";

/** The language shown now: "ru" or "en". */
export function currentLanguage() {
  return language;
}

/** The text of a key with `{name}` places filled in. */
export function t(key, values = {}) {
  const text = WORDS[key][LANGUAGES.indexOf(language)];
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The sentence for a code that the sandbox refuses with, or null where the page has none of its own. */
export function sentenceOf(code) {
  const key = `refused-${code}`;
  return Object.hasOwn(WORDS, key) ? t(key) : null;
}

const said = new WeakMap();

function apply(node) {
  for (const [place, what] of Object.entries(said.get(node))) {
    const text = typeof what === "function" ? what() : Array.isArray(what) ? t(...what) : t(what);
    if (place === "text") node.textContent = text;
    else node.setAttribute(place, text);
  }
}

/**
 * Ties texts to an element's places: `{text, title, placeholder, "aria-label"}`, each a key, `[key, values]` or a
 * function that returns the text itself (for times and dates).
 */
export function say(node, places) {
  said.set(node, { ...said.get(node), ...places });
  node.setAttribute("data-say", "");
  apply(node);
}

/** Shows the page in the other language. */
export function switchLanguage() {
  language = LANGUAGES[1 - LANGUAGES.indexOf(language)];
  localStorage.setItem(STORED, language);
  sayAll();
}

/** Writes every tied text anew; called once at the start and after a change of language. */
export function sayAll() {
  document.documentElement.lang = language;
  document.title = `${t("title")} · Open Lines Gateway`;
  for (const node of document.querySelectorAll("[data-say]")) apply(node);
}

/** "14:02" of a moment in milliseconds. */
export function clock(at) {
  return new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** "Сегодня", "20 ноября" or "20 November 2024" when the year is not this one. */
export function day(at) {
  const date = new Date(at);
  if (date.toDateString() === new Date().toDateString()) return t("today");
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return date.toLocaleDateString(language, { day: "numeric", month: "long", year });
}

/** "340 Б", "12,4 КБ", "1,5 МБ". */
export function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} ${t("bytes")}`;
  const [amount, unit] = bytes < 1024 ** 2 ? [bytes / 1024, "kilobytes"] : [bytes / 1024 ** 2, "megabytes"];
  return `${amount.toLocaleString(language, { maximumFractionDigits: 1 })} ${t(unit)}`;
}
